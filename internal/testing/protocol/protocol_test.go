package protocol

import (
	"testing"
)

// TestLifecycle: a provider that obeys the protocol passes.
func TestLifecycle(t *testing.T) {
	tf := (&Terraform{TB: t}).use(toy{})
	for _, step := range []struct {
		config Config
		want   Action
	}{
		{config(), Create},
		{config(), NoOp},
		{config(values{"note": "n", "options": values{"color": "red"}, "single": values{"a": "b"}, "many": []map[string]any{{"a": "b"}}}), Update},
		{config(values{"secret_wo": "s"}), Update},
		{Config{}, Delete},
	} {
		if p := tf.Apply(step.config); len(p.Diagnostics) > 0 || p.Actions["x"] != step.want {
			t.Fatalf("%v: %s %s, want %s", step.config, p.Actions["x"], p.Diagnostics, step.want)
		}
	}
	if len(tf.State) > 0 {
		t.Errorf("the state still has %v", tf.State)
	}
	tf.Import("x", "toy", "1")
	if got := tf.Identity("x")["id"]; got != "1" {
		t.Errorf("the identity is %v", got)
	}
}

// TestApplyViolations: what Terraform rejects after an apply fails the test.
func TestApplyViolations(t *testing.T) {
	for name, test := range map[string]struct {
		provider toy
		want     string
	}{
		"unknown value":           {toy{apply: set("size", Unknown{})}, "the state after the apply is not fully known"},
		"inconsistent result":     {toy{apply: set("note", "other")}, "inconsistent result after apply: toy.note: planned n, got other"},
		"inconsistent in object":  {toy{apply: set("options", values{"color": "blue"})}, "inconsistent result after apply: toy.options.color: planned red, got blue"},
		"value for null":          {toy{apply: set("single", values{"a": "b"})}, "inconsistent result after apply: toy.single"},
		"write-only in the state": {toy{apply: set("secret_wo", "s")}, "the state after the apply contains write-only secret_wo"},
		"no state and no error":   {toy{noState: true}, "the create of toy returned neither a state nor an error"},
	} {
		t.Run(name, func(t *testing.T) {
			mustContain(t, failure(func(tf *Terraform) {
				tf.use(test.provider).Apply(config(values{"note": "n", "options": values{"color": "red"}}))
			}), test.want)
		})
	}
}

// TestPlanViolations: what Terraform rejects in a plan fails the test.
func TestPlanViolations(t *testing.T) {
	for name, test := range map[string]struct {
		provider toy
		want     string
	}{
		"contradicts the configuration": {toy{plan: set("name", "b")}, "it contradicts the configuration: name: planned a, got b"},
		"null for a configured one":     {toy{plan: set("name", nil)}, "it contradicts the configuration: name"},
		"value for one not computed":    {toy{plan: set("note", "n")}, "note is neither configured nor computed, but planned as n"},
		"unknown for one not computed":  {toy{plan: set("note", Unknown{})}, "note is neither configured nor computed"},
		"write-only":                    {toy{plan: set("secret_wo", "s")}, "write-only secret_wo has a value"},
	} {
		t.Run(name, func(t *testing.T) {
			mustContain(t, failure(func(tf *Terraform) { tf.use(test.provider).Plan(config(values{"secret_wo": "s"})) }), test.want)
		})
	}
}

// TestPriorValue: a plan may keep the prior value of a configured attribute, as for a
// setting that is equivalent.
func TestPriorValue(t *testing.T) {
	mustContain(t, failure(func(tf *Terraform) {
		tf.use(toy{}).Apply(config(values{"note": "n"}))
		tf.use(toy{plan: set("note", "n")}).Apply(config(values{"note": "N"}))
	}), "")
}

// TestReadViolations: what Terraform rejects after a refresh fails the test.
func TestReadViolations(t *testing.T) {
	for name, test := range map[string]struct {
		provider toy
		want     string
	}{
		"no identity":   {toy{noIdentity: true}, "without identity"},
		"unknown value": {toy{read: set("size", Unknown{})}, "the state after the refresh is not fully known"},
		"write-only":    {toy{read: set("secret_wo", "s")}, "the state after the refresh contains write-only secret_wo"},
	} {
		t.Run(name, func(t *testing.T) {
			mustContain(t, failure(func(tf *Terraform) {
				tf.use(toy{}).Apply(config())
				tf.use(test.provider).Plan(config())
			}), test.want)
			mustContain(t, failure(func(tf *Terraform) { tf.use(test.provider).Import("x", "toy", "1") }), test.want)
		})
	}
	if got := failure(func(tf *Terraform) {
		tf.NoIdentity = true
		tf.use(toy{noIdentity: true}).Import("x", "toy", "1")
	}); got != "" {
		t.Errorf("with NoIdentity: %s", got)
	}
}

// TestDestroyViolations: a destroyed object is planned not to exist, and does not.
func TestDestroyViolations(t *testing.T) {
	for want, provider := range map[string]toy{
		"the destroy of toy returned a state and no error": {keepState: true},
		"after the destroy of toy something is planned":    {existsAfter: true},
	} {
		mustContain(t, failure(func(tf *Terraform) {
			tf.use(toy{}).Apply(config())
			tf.use(provider).Destroy()
		}), want)
	}
}

// TestInconsistentFinalPlan: the plan right before a change agrees with the first one,
// in its values and in its action. What was unknown may become known.
func TestInconsistentFinalPlan(t *testing.T) {
	later := func(name string, value any) toy { // another value from the second plan on
		plans := 0
		return toy{plans: &plans, plan: func(v values) {
			if plans > 1 {
				v[name] = value
			}
		}}
	}
	mustContain(t, failure(func(tf *Terraform) { tf.use(later("size", 9)).Apply(config()) }), "")
	mustContain(t, failure(func(tf *Terraform) {
		plans := 0
		tf.use(toy{plans: &plans, plan: func(v values) { v["size"] = plans }}).Apply(config())
	}), "inconsistent final plan: toy.size: planned 1, got 2")
	mustContain(t, failure(func(tf *Terraform) {
		tf.use(toy{}).Apply(config())
		p := tf.Plan(config(values{"note": "n"}))
		tf.use(toy{replace: []string{"note"}}).ApplyPlan(p)
	}), "inconsistent final plan: the action was update, and is replace")
}

// TestReplacement: a path asks for a replacement only if something changes there.
func TestReplacement(t *testing.T) {
	for path, want := range map[string]Action{"note": Replace, "name": Update} {
		tf := (&Terraform{TB: t}).use(toy{replace: []string{path}})
		tf.Apply(config())
		if p := tf.Plan(config(values{"note": "n"})); p.Actions["x"] != want {
			t.Errorf("path %s: %s, want %s", path, p.Actions["x"], want)
		}
	}
}

// TestUnknownNames: a name that the schema does not have is an error in a block, and
// is dropped inside an object attribute.
func TestUnknownNames(t *testing.T) {
	for name, test := range map[string]struct {
		attributes values
		want       string
	}{
		"top level":         {values{"nam": "n"}, `an argument named "nam" is not expected here`},
		"null":              {values{"nam": nil}, `an argument named "nam" is not expected here`},
		"block":             {values{"single": values{"b": "c"}}, `single: an argument named "b" is not expected here`},
		"repeated block":    {values{"many": []map[string]any{{"a": "b"}, {"b": "c"}}}, `many: an argument named "b" is not expected here`},
		"inside an object":  {values{"options": values{"colour": "red"}}, ""},
		"right in each one": {values{"single": values{"a": "c"}, "many": []map[string]any{{"a": "b"}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			mustContain(t, failure(func(tf *Terraform) { tf.use(toy{}).Apply(config(test.attributes)) }), test.want)
		})
	}
	tf := (&Terraform{TB: t}).use(toy{})
	tf.Apply(config(values{"options": values{"colour": "red"}}))
	if got, _ := tf.State["x"].Attribute("options").(values); len(got) != 1 || got["color"] != nil {
		t.Errorf("the state has the options %v", got)
	}
}

// TestUnknownType: a resource type that the provider does not have is an error.
func TestUnknownType(t *testing.T) {
	mustContain(t, failure(func(tf *Terraform) { tf.use(toy{}).Plan(Config{"x": {Type: "tyo"}}) }), `no resource type "tyo"`)
}
