package acceptance_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
)

// refusal is a configuration that validation refuses, and in which words.
type refusal struct {
	arguments string
	texts     []string
}

// refusals are those of every service.
func refusals() []refusal {
	return []refusal{
		{``, []string{"Missing required argument", `"name"`}},
		{`name = ""`, []string{"Invalid key name"}},
		{`name = "   "`, []string{"Invalid key name", "not only spaces"}},
		{"name = \"ci\"\n  key = \"mine\"", []string{"Read-Only Attribute"}},
		{"name = \"ci\"\n  on_duplicate_name = \"shrug\"", []string{"on_duplicate_name", "value must be one of"}},
		{"name = \"ci\"\n  rotate_after = \"soon\"", []string{"Invalid duration", `"soon" is not a duration`}},
		{"name = \"ci\"\n  rotate_after = \"-5d\"", []string{"Invalid duration", `"-5d" is not a duration`}},
		{"name = \"ci\"\n  rotate_after = \"30s\"", []string{"Invalid duration", "at least one minute"}},
		{"name = \"ci\"\n  rotation_overlap = \"0d\"", []string{"Invalid duration", "not positive"}},
	}
}

// onepinRefusals are OnePin's own: a name of 121 characters (and more bytes), and
// settings that only OnePin has.
func onepinRefusals() []refusal {
	return []refusal{
		{`name = "` + strings.Repeat("é", 121) + `"`, []string{"Invalid key name", "1 to 120 characters", "121"}},
		{"name = \"ci\"\n  native_rotation = true\n  rotation_overlap = \"1h\"", []string{"Conflicting rotation"}},
		{"name = \"ci\"\n  rate_limit_per_min = 0", []string{"rate_limit_per_min", "at least 1"}},
	}
}

// What cannot work is refused by validation: without a request, and without a
// credential.
func TestAccKey_validation(t *testing.T) {
	eachService(t, func(t *testing.T, s subject) {
		cases := refusals()
		if s.name() == "onepin" {
			cases = slices.Concat(cases, onepinRefusals())
		}
		var steps []resource.TestStep
		for _, c := range cases {
			steps = append(steps, resource.TestStep{Config: s.config(c.arguments), ExpectError: says(c.texts...)})
		}
		s.bench.signIn(s, "")
		s.bench.run(steps...)
		if n := s.store.Total(); n > 0 {
			t.Errorf("%s was asked: %v", s.Key.Title, s.store.Requests())
		}
	})
}

// The longest name is counted in characters, not in bytes.
func TestAccOnePinKey_longestName(t *testing.T) {
	t.Parallel()
	s := newHarness(t).subject("onepin")
	s.bench.run(resource.TestStep{Config: s.config(`name = "` + strings.Repeat("é", 120) + `"`)})
	if len(s.own()) != 1 {
		t.Errorf("%d keys were made, want 1", len(s.own()))
	}
}
