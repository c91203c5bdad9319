package moka

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// Model is a model that an API key may call.
type Model struct {
	ID      string
	OwnedBy string // differs between releases for the same model: for display only
}

// Models reads /v1/models with the API key: every model once, sorted bytewise.
// A key that can read the list may still be unable to spend.
func (c *Client) Models(ctx context.Context) ([]Model, error) {
	models, err := fetch(ctx, c, request{op: "models", path: "/v1/models", auth: byKey}, decodeModels)
	if err != nil {
		return nil, err
	}
	names := make([]*string, 0, 2*len(models))
	for i := range models {
		names = append(names, &models[i].ID, &models[i].OwnedBy)
	}
	c.discreet(names...)
	return onceEach(models), nil
}

func onceEach(models []Model) []Model {
	slices.SortStableFunc(models, func(a, b Model) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(models, func(a, b Model) bool { return a.ID == b.ID })
}

func decodeModels(body []byte) ([]Model, error) {
	var answer struct {
		Object *string `json:"object"`
		Data   *[]struct {
			ID      string    `json:"id"`
			OwnedBy ownerName `json:"owned_by"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil || !fits(answer.Object, "list") {
		return nil, mistyped("models", "not a list of models")
	}
	models := make([]Model, 0, len(*answer.Data))
	var held nameBytes
	for _, m := range *answer.Data {
		id := strings.TrimSpace(Plain(m.ID))
		if id == "" {
			return nil, mistyped("models", "a model without an id")
		}
		owner := cut(Plain(string(m.OwnedBy)), maxMessage)
		if !held.add(id) || !held.add(owner) {
			return nil, tooLarge("models")
		}
		models = append(models, Model{id, owner})
	}
	return onceEach(models), nil
}

// ownerName is a text for display; anything else in its place is no name.
type ownerName string

// UnmarshalJSON never fails.
func (o *ownerName) UnmarshalJSON(data []byte) error {
	*o = ownerName(scalar(data))
	return nil
}

// fits reports whether an answer's "object" is the expected one, or left out.
func fits(object *string, want string) bool { return object == nil || *object == want }
