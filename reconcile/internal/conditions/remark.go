package conditions

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const but = "; but "

// But adds remarks to a condition's message: what is good, or good enough, and
// yet not all that was asked for.
func But(c metav1.Condition, remarks ...string) metav1.Condition {
	if len(remarks) > 0 {
		c.Message += but + strings.Join(remarks, "; ")
	}
	return c
}

// Remarked reports whether But added anything to a condition.
func Remarked(c metav1.Condition) bool { return strings.Contains(c.Message, but) }
