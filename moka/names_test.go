package moka

import (
	"slices"
	"testing"
)

// A gateway knows the credentials, and may call its things by them.
func TestNamesHoldNoCredential(t *testing.T) {
	c := dial(t, healthy(map[string]reply{
		modelsPath: {body: `{"data":[{"id":"` + testKey + `","owned_by":"` + testToken + `"},{"id":"gpt-4o"}]}`},
		keysPath: {body: `{"data":[{"id":1,"key":"x","name":"for ` + testKey + `","group":"` + testToken + `","model_limits_enabled":true,"model_limits":"a,` +
			testKey + `","created_time":1,"used_quota":0,` + goodKey + `}]}`},
	}), bothCredentials)
	models, err := c.Models(t.Context())
	if want := []Model{{"***", "***"}, {"gpt-4o", ""}}; err != nil || !slices.Equal(models, want) {
		t.Errorf("models %v, %v; want %v", models, err, want)
	}
	keys, err := c.Keys(t.Context())
	if err != nil || len(keys) != 1 || keys[0].Name != "for ***" || keys[0].Group != "***" || !slices.Equal(keys[0].Models, []string{"a", "***"}) {
		t.Errorf("keys %+v, %v", keys, err)
	}
}
