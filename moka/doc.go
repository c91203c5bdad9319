// Package moka is a client for gateways of the new-api family, such as
// https://api.moka-ai.com: the models an API key may call, what is left
// on the key, and what the account can pay.
//
// A client asks for one account with the credentials of its owner:
//
//	client, err := moka.New("https://api.moka-ai.com", moka.Credentials{APIKey: os.Getenv("MOKA_API_KEY")})
//	if err != nil {
//		return err
//	}
//	models, err := client.Models(ctx) // what the key may call
//	reading := client.Read(ctx)       // what is left, each part with its own error
//	fmt.Println(reading.Spendable())  // "$12.34", or "?" when it is not known
//
// Gateways count requests by address, so all clients of one gateway should share a
// [Limiter] ([WithLimiter]). A call fails with an [*Error], whose [Kind] says what to do
// about it. The package needs only the standard library; package mokatest has a gateway
// for tests.
//
// The family's members differ from release to release in paths, units, status
// codes and languages. This package depends on the shape of an answer and never on a
// version string. An amount is right or unknown ([Maybe]); it is never zero because
// something went wrong.
//
// # What an account can pay
//
// A call is charged to one source. Which one depends on the account's billing
// preference and on its active plans; a plan is active until its end. In this
// table W is the wallet, P the sum of what the active plans have left, and W+
// is W where it is above zero, else nothing:
//
//	preference          active plans                    the account can pay
//	subscription_only   any, or none                    P
//	wallet_only         any, or none                    W
//	wallet_first        none left                       W
//	wallet_first        some left                       W+ and P
//	subscription_first  none                            W
//	subscription_first  one without wallet overflow     P
//	subscription_first  all with overflow, none left    W
//	subscription_first  all with overflow, some left    W+ and P
//
// A negative wallet refuses calls but takes nothing from a plan that pays. One
// plan without a limit makes P unlimited. One active plan without overflow keeps
// the wallet closed for all, also beside other plans with overflow, and also
// while it has nothing left; once it has ended the wallet pays again. A plan
// whose reset is due counts as fresh, because the gateway resets it before it
// charges it. Plans are charged in the order of their ends. A preference that is
// missing counts as subscription_first; one of a later release makes the amount
// unknown.
//
// The rule is that of new-api: service/billing_session.go (NewBillingSession),
// model/subscription.go (PreConsumeUserSubscription,
// UserActiveSubscriptionsAllowWalletOverflow, maybeResetUserSubscriptionWithPlanTx)
// and common.NormalizeBillingPreference. The release that brought plans, of
// 2026-02, has no allow_wallet_overflow and always lets the wallet pay.
package moka
