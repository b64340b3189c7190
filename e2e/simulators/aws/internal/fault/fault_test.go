package fault

import (
	"encoding/json"
	"testing"
	"time"
)

func TestWhichCallsGoWrong(t *testing.T) {
	call := Call{Service: "elbv2", Operation: "DescribeRules", Account: "1", Region: "x", UserAgent: "fairway/1", Parameters: "ListenerArn=a/b"}
	for _, c := range []struct {
		name string
		rule Rule
		want []bool
	}{
		{"every call", Rule{Kind: Cut}, []bool{true, true, true}},
		{"the second only", Rule{Kind: Cut, First: 2, Times: 1}, []bool{false, true, false}},
		{"from the third on", Rule{Kind: Cut, First: 3}, []bool{false, false, true}},
		{"by pattern", Rule{Kind: Cut, Operation: "Describe*", Times: 1}, []bool{true, false}},
		{"another operation", Rule{Kind: Cut, Operation: "CreateRule"}, []bool{false}},
		{"another service", Rule{Kind: Cut, Service: "ec2"}, []bool{false}},
		{"another account", Rule{Kind: Cut, Account: "2"}, []bool{false}},
		{"another region", Rule{Kind: Cut, Region: "y"}, []bool{false}},
		{"another client", Rule{Kind: Cut, Client: "terraform"}, []bool{false}},
		{"another resource", Rule{Kind: Cut, Resource: "a/c"}, []bool{false}},
		{"all of them", Rule{
			Kind: Cut, Operation: "DescribeRules", Service: "elbv2", Account: "1", Region: "x", Client: "fairway", Resource: "a/b",
		}, []bool{true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rules := New()
			id, err := rules.Add(c.rule)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range c.want {
				if got := rules.Hit(call) != nil; got != want {
					t.Errorf("call %d: %v, want %v", i+1, got, want)
				}
			}
			if !rules.Remove(id) || rules.Remove(id) || rules.Hit(call) != nil {
				t.Error("the rule does not go")
			}
		})
	}
}

func TestWrongRulesAreRefused(t *testing.T) {
	for _, rule := range []Rule{{Kind: "explode"}, {}, {Kind: Cut, Operation: "["}} {
		if _, err := New().Add(rule); err == nil {
			t.Errorf("%v is taken", rule)
		}
	}
}

func TestStaleRepeatsTheFirstAnswer(t *testing.T) {
	rules := New()
	if _, err := rules.Add(Rule{Kind: Stale}); err != nil {
		t.Fatal(err)
	}
	one, other := Call{Parameters: "a"}, Call{Parameters: "b"}
	for i, c := range []struct {
		call         Call
		answer, want string
	}{{one, "1", "1"}, {one, "2", "1"}, {other, "3", "3"}, {one, "4", "1"}} {
		if got := rules.Hit(c.call).Repeat(c.answer); got != c.want {
			t.Errorf("call %d: %v, want %v", i+1, got, c.want)
		}
	}
}

func TestRulesAreJSON(t *testing.T) {
	var rule Rule
	if err := json.Unmarshal([]byte(`{"kind":"slow","delay":"1.5s"}`), &rule); err != nil || time.Duration(rule.Delay) != 1500*time.Millisecond {
		t.Errorf("%v, %v", rule, err)
	}
	if text, err := json.Marshal(rule); err != nil || string(text) != `{"id":0,"kind":"slow","delay":"1.5s","seen":0}` {
		t.Errorf("%s, %v", text, err)
	}
}
