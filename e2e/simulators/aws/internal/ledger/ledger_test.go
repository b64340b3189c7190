package ledger

import (
	"strings"
	"testing"
)

func TestSinceAndReset(t *testing.T) {
	l := New()
	l.Add(Entry{Operation: "A"})
	mark := l.Mark()
	l.Add(Entry{Operation: "B"})
	if got := l.Since(mark); len(got) != 1 || got[0].Operation != "B" || got[0].Seq != 2 {
		t.Errorf("since the mark: %v", got)
	}
	if got := l.Last(1); len(got) != 1 || got[0].Operation != "B" {
		t.Errorf("last: %v", got)
	}
	l.Reset()
	if len(l.Since(0)) != 0 || l.Mark() != 2 {
		t.Error("a reset keeps calls or numbers anew")
	}
	l.Add(Entry{Operation: "C"})
	if got := l.Since(mark); len(got) != 1 || got[0].Operation != "C" {
		t.Errorf("a mark from before the reset gives %v", got)
	}
}

func TestTheOldestAreForgotten(t *testing.T) {
	l := New()
	for range Capacity + 1 {
		l.Add(Entry{})
	}
	all := l.Since(0)
	if len(all) > Capacity || all[len(all)-1].Seq != Capacity+1 || all[0].Seq != int64(Capacity/10+1) {
		t.Errorf("%d kept, from %d to %d", len(all), all[0].Seq, all[len(all)-1].Seq)
	}
}

func TestSummary(t *testing.T) {
	rows := Summary([]Entry{
		{Client: "b", Operation: "X", Outcome: OK, Attempt: 1},
		{Client: "a", Operation: "X", Outcome: "Throttling", Attempt: 1},
		{Client: "b", Operation: "X", Outcome: OK, Attempt: 2},
	})
	if len(rows) != 2 || rows[0].Client != "a" || rows[1].Calls != 2 || rows[1].Retries != 1 {
		t.Errorf("rows are %v", rows)
	}
	var b strings.Builder
	if err := Table(&b, rows); err != nil || strings.Count(b.String(), "\n") != 3 {
		t.Errorf("table is %q, %v", b.String(), err)
	}
}

func TestWhoCalls(t *testing.T) {
	for agent, want := range map[string]string{
		"aws-sdk-go-v2/1.48.0 ua/2.1 os/linux": "aws-sdk-go-v2",
		"aws-sdk-go-v2/1.48.0 app/fairway m/E": "fairway",
		"elbv2.k8s.aws/v3 aws-sdk-go-v2/1":     "elbv2.k8s.aws",
		"APN/1.0 HashiCorp/1.0 Terraform/1.11": "Terraform",
		"":                                     "",
	} {
		if got := Client(agent); got != want {
			t.Errorf("%q is %q", agent, got)
		}
	}
	for header, want := range map[string]int{"attempt=2; max=3": 2, "": 0, "ttl=x; attempt=11; max=20": 11} {
		if got := Attempt(header); got != want {
			t.Errorf("attempt of %q is %d", header, got)
		}
	}
}
