package rule

import (
	"fmt"
	"testing"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

func answer(status int) []traffic.Action {
	return []traffic.Action{{FixedResponse: &traffic.FixedResponse{Status: status}}}
}

func ruleOf(priority int, conditions ...traffic.Condition) traffic.Rule {
	return traffic.Rule{ARN: fmt.Sprint("rule-", priority), Priority: priority, Conditions: conditions, Actions: answer(200)}
}

func tableOf(t *testing.T, rules ...traffic.Rule) *Table {
	t.Helper()
	table, err := NewTable(answer(404))
	if err == nil {
		table, err = table.With(rules...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// TestOrder evaluates by priority, whatever the order of creation, and the default rule last (Rule priority).
func TestOrder(t *testing.T) {
	rules := []traffic.Rule{
		ruleOf(30, path("/*")),
		ruleOf(10, path("/a/*"), method("POST")),
		ruleOf(20, path("/a/*")),
		ruleOf(5, host("b.example.com"), header("X-A", "1"), header("X-B", "2"), query("q=1"), query("r=2")),
	}
	table := tableOf(t, rules...)
	all := with("X-A: 1", "X-B: 2")
	all.Host, all.Path, all.Query = "b.example.com", "/a/x", "q=1&r=2"
	one := with("X-A: 1")
	one.Host, one.Path, one.Query = "b.example.com", "/a/x", "q=1&r=2"
	half := with("X-A: 1", "X-B: 2")
	half.Host, half.Path, half.Query = "b.example.com", "/a/x", "q=1"
	for _, c := range []struct {
		source  string
		request Request
		want    string
	}{
		{priorityDoc, Request{Path: "/a/x", Method: "POST"}, "rule-10"},
		{priorityDoc, Request{Path: "/a/x", Method: "GET"}, "rule-20"},
		{priorityDoc, Request{Path: "/b", Method: "GET"}, "rule-30"},
		{priorityDoc, Request{Path: "*", Method: "OPTIONS"}, "default"},
		{basicsDoc, all, "rule-5"},
		{basicsDoc, one, "rule-20"},
		{basicsDoc, half, "rule-20"},
	} {
		if got := table.Match(&c.request).Config.ARN; got != c.want {
			t.Errorf("%s: %+v: got %s, want %s", c.source, c.request, got, c.want)
		}
	}
}

// TestChange replaces, reorders and removes rules; tables of before stay as they were, and rules that stay are shared.
func TestChange(t *testing.T) {
	before := tableOf(t, ruleOf(1, path("/a")), ruleOf(2, path("/b")))
	moved := ruleOf(2, path("/b"))
	moved.Priority = 7
	after, err := before.With(moved, ruleOf(3, path("/c")))
	if err != nil {
		t.Fatal(err)
	}
	if after.rules[0] != before.rules[0] {
		t.Error("a rule that stays was compiled again")
	}
	if got := after.rules[2].Config.ARN; got != "rule-2" {
		t.Errorf("the last rule is %s", got)
	}
	if len(before.rules) != 2 || before.rules[1].Config.Priority != 2 {
		t.Error("the table of before has changed")
	}
	less := after.Without("rule-1", "rule-3")
	if got := less.Match(&Request{Path: "/a"}).Config.ARN; got != "default" {
		t.Errorf("a removed rule's request goes to %s", got)
	}
	if _, err := after.With(ruleOf(9, pathRegex("("))); err == nil {
		t.Error("a rule that cannot be compiled was taken")
	}
	if _, err := NewTable(nil); err == nil {
		t.Error("a default rule without action was taken")
	}
}

// TestActionOrder performs the action with the lowest order first (Rule actions).
func TestActionOrder(t *testing.T) {
	r, err := Compile(traffic.Rule{Actions: []traffic.Action{
		{Order: 2, FixedResponse: &traffic.FixedResponse{Status: 200}},
		{Order: 1, Authenticate: "authenticate-oidc"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Authenticate() != "authenticate-oidc" || r.Action().FixedResponse == nil {
		t.Errorf("authenticate %q, action %+v", r.Authenticate(), r.Action())
	}
}

// BenchmarkMatch evaluates a listener of 100 rules, the default quota, to its end.
func BenchmarkMatch(b *testing.B) {
	table, err := NewTable(answer(404))
	if err != nil {
		b.Fatal(err)
	}
	var rules []traffic.Rule
	for i := range 100 {
		rules = append(rules, ruleOf(i+1, host(fmt.Sprintf("h%d.example.com", i)), path("/a/*", "/b")))
	}
	if table, err = table.With(rules...); err != nil {
		b.Fatal(err)
	}
	request := &Request{Host: "other.example.com", Path: "/a/b"}
	b.ReportAllocs()
	for b.Loop() {
		table.Match(request)
	}
}

// BenchmarkChange replaces one rule of 10,000.
func BenchmarkChange(b *testing.B) {
	table, err := NewTable(answer(404))
	if err != nil {
		b.Fatal(err)
	}
	var rules []traffic.Rule
	for i := range 10_000 {
		rules = append(rules, ruleOf(i+1, path(fmt.Sprintf("/p%d/*", i))))
	}
	if table, err = table.With(rules...); err != nil {
		b.Fatal(err)
	}
	changed := ruleOf(5000, path("/changed"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := table.With(changed); err != nil {
			b.Fatal(err)
		}
	}
}
