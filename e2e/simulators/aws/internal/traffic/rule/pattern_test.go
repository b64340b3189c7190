package rule

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// TestPatternAgainstRegexp compares patterns with the regular expressions that they stand for, on random texts of an
// alphabet that is small enough for matches.
func TestPatternAgainstRegexp(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func(alphabet string, most int) string {
		var out strings.Builder
		for range random.IntN(most + 1) {
			out.WriteByte(alphabet[random.IntN(len(alphabet))])
		}
		return out.String()
	}
	matched := 0
	for range 20_000 {
		p, s := text("aB.*?", 6), text("aAbB.", 8)
		expression := strings.NewReplacer("*", ".*", "?", ".", ".", `\.`).Replace(p)
		for fold, flags := range map[bool]string{false: "(?s)", true: "(?si)"} {
			want := regexp.MustCompile(flags + "^" + expression + "$").MatchString(s)
			if got := compilePattern(p, fold, false).match(s); got != want {
				t.Fatalf("%q on %q, ignoring case %v: got %v", p, s, fold, got)
			}
			if want {
				matched++
			}
		}
	}
	if matched < 1000 {
		t.Errorf("only %d texts matched", matched)
	}
}

// TestPatternIsNotSlow matches a text that makes naive backtracking take forever.
func TestPatternIsNotSlow(t *testing.T) {
	p := compilePattern(strings.Repeat("*a", 20)+"b", false, false)
	if p.match(strings.Repeat("a", 4000)) {
		t.Error("it matched")
	}
}
