package rule

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// ErrTransform says that a transform matched and made something that cannot be sent: "If there is a pattern match but
// the transform fails, we return an HTTP 500 error" (Transforms for listener rules).
var ErrTransform = errors.New("transform failed")

// transform changes a request after the routing decision, which it does not touch.
type transform struct {
	kind     string
	rewrites []rewrite
}

type rewrite struct {
	find    *regexp.Regexp
	replace []piece
}

// piece is a part of a replacement: a text, or a group of the expression.
type piece struct {
	text  string
	group int // 0 for a text
}

func compileTransform(t traffic.Transform) (transform, error) {
	compiled := transform{kind: t.Type}
	for _, r := range t.Rewrites {
		find, err := regexp.Compile(r.Regex)
		if err != nil {
			return transform{}, fmt.Errorf("transform %s: %w", t.Type, err)
		}
		compiled.rewrites = append(compiled.rewrites, rewrite{find, pieces(r.Replace)})
	}
	return compiled, nil
}

// pieces reads a replacement: $1 to $9 are groups, any other $ is itself (chosen here).
func pieces(replace string) []piece {
	var all []piece
	for replace != "" {
		i := strings.IndexByte(replace, '$')
		switch {
		case i < 0:
			return append(all, piece{text: replace})
		case i+1 < len(replace) && '1' <= replace[i+1] && replace[i+1] <= '9':
			all = append(all, piece{text: replace[:i]}, piece{group: int(replace[i+1] - '0')})
			replace = replace[i+2:]
		default:
			all = append(all, piece{text: replace[:i+1]})
			replace = replace[i+1:]
		}
	}
	return all
}

// apply replaces the first match (chosen here) and keeps what is around it. "If there is no pattern match, the original
// request is sent to the target".
func (r rewrite) apply(in string) (string, error) {
	found := r.find.FindStringSubmatchIndex(in)
	if found == nil {
		return in, nil
	}
	var out strings.Builder
	out.WriteString(in[:found[0]])
	for _, p := range r.replace {
		switch {
		case p.group == 0:
			out.WriteString(p.text)
		case 2*p.group+1 >= len(found):
			return "", fmt.Errorf("%w: the expression has no group %d", ErrTransform, p.group)
		case found[2*p.group] >= 0:
			out.WriteString(in[found[2*p.group]:found[2*p.group+1]])
		}
	}
	out.WriteString(in[found[1]:])
	return out.String(), nil
}

// Transform is the request as the rule's transforms leave it: another one, or the same if there are none.
func (r *Rule) Transform(request *Request) (*Request, error) {
	if len(r.transforms) == 0 {
		return request, nil
	}
	changed := *request
	for _, t := range r.transforms {
		if err := t.apply(&changed); err != nil {
			return nil, err
		}
	}
	return &changed, nil
}

func (t transform) apply(request *Request) error {
	for _, r := range t.rewrites {
		if t.kind == traffic.HostHeaderRewrite {
			host, err := r.apply(request.Host)
			if err != nil {
				return err
			}
			if host == "" || strings.ContainsAny(host, " /?#@") {
				return fmt.Errorf("%w: host %q", ErrTransform, host)
			}
			request.Host = host
			continue
		}
		target, err := r.apply(request.URL())
		if err != nil {
			return err
		}
		if _, err := url.ParseRequestURI(target); err != nil || !strings.HasPrefix(target, "/") {
			return fmt.Errorf("%w: URL %q", ErrTransform, target)
		}
		request.Path, request.Query, _ = strings.Cut(target, "?")
	}
	return nil
}
