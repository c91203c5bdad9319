package moka_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"mokabot/moka"
	"mokabot/moka/mokatest"
	"mokabot/moka/redact"
)

// demoGateway is a gateway with one account and one key, as a server on this machine.
func demoGateway() *httptest.Server { return httptest.NewServer(mokatest.NewDemo(time.Now)) }

// demoAccount holds both of the account's credentials.
var demoAccount = moka.Credentials{APIKey: mokatest.DemoKey, AccessToken: mokatest.DemoAccessToken, UserID: mokatest.DemoUserID}

func Example() {
	gateway := demoGateway() // in a program: https://api.moka-ai.com
	defer gateway.Close()
	client, err := moka.New(gateway.URL, moka.Credentials{APIKey: mokatest.DemoKey})
	if err != nil {
		fmt.Println(err)
		return
	}
	models, err := client.Models(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(models[0].ID)
	reading := client.Read(context.Background())
	fmt.Println(reading.Key.State, reading.Spendable())
	// Output:
	// anthropic/claude-haiku-4.5
	// ok $18.40
}

// A reading's two parts stand alone. What the next calls can cost is the smaller
// of what the key allows and what the account can pay.
func ExampleClient_Read() {
	gateway := demoGateway()
	defer gateway.Close()
	client, err := moka.New(gateway.URL, demoAccount)
	if err != nil {
		fmt.Println(err)
		return
	}
	reading := client.Read(context.Background())
	if reading.KeyErr != nil || reading.WalletErr != nil {
		fmt.Println(reading.Err())
		return
	}
	fmt.Println("key:      ", reading.Key.Remaining)
	fmt.Println("wallet:   ", reading.Wallet.Remaining)
	fmt.Println("spendable:", reading.Spendable())
	// Output:
	// key:       $18.40
	// wallet:    $42.50
	// spendable: $18.40
}

// model_ids.txt of the gateway's documentation: one id a line.
func ExampleClient_Models() {
	gateway := demoGateway()
	defer gateway.Close()
	client, err := moka.New(gateway.URL+"/v1", moka.Credentials{APIKey: mokatest.DemoKey}) // with or without /v1
	if err != nil {
		fmt.Println(err)
		return
	}
	models, err := client.Models(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range models[:3] {
		fmt.Println(m.ID)
	}
	// Output:
	// anthropic/claude-haiku-4.5
	// anthropic/claude-opus-4.1
	// anthropic/claude-sonnet-4.5
}

func ExampleClient_Catalogue() {
	gateway := demoGateway()
	defer gateway.Close()
	client, err := moka.New(gateway.URL, demoAccount)
	if err != nil {
		fmt.Println(err)
		return
	}
	list, err := client.Catalogue(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range list.Models[:2] {
		fmt.Println(m.ID, m.Price.InputPerMTok, m.Price.OutputPerMTok)
	}
	// Output:
	// anthropic/claude-haiku-4.5 $1.00 $5.00
	// anthropic/claude-opus-4.1 $15.00 $75.00
}

// The kind says what to do about a failure, the hint where to look.
func ExampleError() {
	gateway := demoGateway()
	defer gateway.Close()
	client, err := moka.New(gateway.URL, moka.Credentials{APIKey: "sk-notAKeyOfThisGateway"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Models(context.Background())
	if failed, ok := errors.AsType[*moka.Error](err); ok {
		fmt.Println(failed.Op, failed.Kind, failed.Hint, failed.Status)
	}
	// Output: models unauthorized api_key 401
}

// Clients of one gateway share the budget of its host, and one poll's status.
func ExampleWithLimiter() {
	gateway := demoGateway()
	defer gateway.Close()
	limiter := moka.NewLimiter(60, time.Minute)
	var calls int
	for range 2 {
		client, err := moka.New(gateway.URL, moka.Credentials{APIKey: mokatest.DemoKey},
			moka.WithLimiter(limiter), moka.WithHTTPClient(http.DefaultClient), moka.WithTimeout(5*time.Second))
		if err != nil {
			fmt.Println(err)
			return
		}
		if _, err := client.Models(context.Background()); err != nil {
			fmt.Println(err)
			return
		}
		calls, _ = client.Room()
	}
	fmt.Println(calls, "of 60 left")
	// Output: 58 of 60 left
}

// An amount that is not known is never zero.
func ExampleMaybe() {
	var unknown moka.Maybe
	known := moka.Known(12 * moka.Dollar)
	fmt.Println(known, unknown, known.Plus(unknown))
	if _, ok := unknown.Get(); !ok {
		fmt.Println("nobody knows")
	}
	// Output:
	// $12.00 ? ?
	// nobody knows
}

func ExampleAmount() {
	price, _ := moka.FromUSD(0.0042)
	fmt.Println(1234*moka.Dollar, -3*moka.Dollar, price)
	// Output: $1,234.00 -$3.00 $0.0042
}

// A credential stays out of texts that a gateway wrote, in whatever form.
func ExampleWithRedactor() {
	secrets := redact.New("***", "sk-aKeyOfAnotherAccount")
	fmt.Println(secrets.Redact("no such key: SK-AKEYOFANOTHERACCOUNT"))
	// Output: no such key: ***
}
