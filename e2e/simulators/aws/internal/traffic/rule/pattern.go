package rule

// pattern is a compiled comparison string: * is 0 or more characters, ? exactly one ("Rule condition types").
type pattern struct {
	parts []part
	fold  bool // ignore case; parts are in lower case then
}

// part is one character of a pattern.
type part struct {
	char byte
	kind kind
}

type kind uint8

const (
	literal kind = iota
	one
	many
)

// compilePattern reads a comparison string. With escapes, \ takes the meaning from a following * ? or \ (API,
// QueryStringConditionConfig: only there).
func compilePattern(text string, fold, escapes bool) pattern {
	p := pattern{fold: fold, parts: make([]part, 0, len(text))}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case escapes && c == '\\' && i+1 < len(text) && (text[i+1] == '*' || text[i+1] == '?' || text[i+1] == '\\'):
			i++
			p.parts = append(p.parts, part{char: text[i]})
		case c == '*':
			p.parts = append(p.parts, part{kind: many})
		case c == '?':
			p.parts = append(p.parts, part{kind: one})
		case fold:
			p.parts = append(p.parts, part{char: lower(c)})
		default:
			p.parts = append(p.parts, part{char: c})
		}
	}
	return p
}

// match says whether the whole text fits. It runs in time of text times stars at worst: on a mismatch the last star
// takes one character more.
func (p pattern) match(text string) bool {
	at, in := 0, 0 // in the text, in the parts
	star, resume := -1, 0
	for at < len(text) {
		switch {
		case in < len(p.parts) && p.parts[in].kind == many:
			star, resume = in, at
			in++
		case in < len(p.parts) && p.fits(p.parts[in], text[at]):
			at++
			in++
		case star >= 0:
			resume++
			at, in = resume, star+1
		default:
			return false
		}
	}
	for in < len(p.parts) && p.parts[in].kind == many {
		in++
	}
	return in == len(p.parts)
}

func (p pattern) fits(want part, c byte) bool {
	if want.kind == one {
		return true
	}
	if p.fold {
		c = lower(c)
	}
	return want.char == c
}

// lower is for ASCII, which is all that conditions see ("Rule condition types").
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
