package translate

import (
	"fmt"
	"slices"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// ruleFilters translates a rule's filters and refuses what the rule asks
// beside them that cannot be served yet.
func ruleFilters(spec *gatewayv1.HTTPRouteRule, field string, c providers.Capabilities) ([]ir.Filter, error) {
	switch {
	case spec.Timeouts != nil:
		return nil, fmt.Errorf("%s.timeouts: not supported by this class; remove it", field)
	case spec.Retry != nil:
		return nil, fmt.Errorf("%s.retry: not supported by this class; remove it", field)
	case spec.SessionPersistence != nil: //nolint:staticcheck // deprecated, yet users still set it, and it must not be passed over
		return nil, fmt.Errorf("%s.sessionPersistence: not supported by this class; remove it", field)
	}
	ms, err := matches(spec.Matches, field, c)
	if err != nil {
		return nil, err
	}
	return filters(spec.Filters, field, ms, c)
}

func filters(specs []gatewayv1.HTTPRouteFilter, field string, matches []ir.Match, c providers.Capabilities) ([]ir.Filter, error) {
	var out []ir.Filter
	for i := range specs {
		at := fmt.Sprintf("%s.filters[%d]", field, i)
		if !slices.Contains(c.Filters, string(specs[i].Type)) {
			return nil, fmt.Errorf("%s.type: %s is not supported by this class; it supports %v", at, specs[i].Type, c.Filters)
		}
		f, err := filter(&specs[i], matches)
		if err != nil {
			return nil, fmt.Errorf("%s.%w", at, err)
		}
		out = append(out, f)
	}
	return out, nil
}

func filter(spec *gatewayv1.HTTPRouteFilter, matches []ir.Match) (ir.Filter, error) {
	switch {
	case spec.RequestHeaderModifier != nil:
		return ir.Filter{RequestHeaders: headers(spec.RequestHeaderModifier)}, nil
	case spec.ResponseHeaderModifier != nil:
		return ir.Filter{ResponseHeaders: headers(spec.ResponseHeaderModifier)}, nil
	case spec.RequestRedirect != nil:
		s := spec.RequestRedirect
		path, err := pathModifier(s.Path, "requestRedirect.path", matches)
		r := &ir.Redirect{Scheme: value(s.Scheme), Hostname: string(value(s.Hostname)), Port: uint16(value(s.Port)), Path: path, Status: 302}
		if s.StatusCode != nil {
			r.Status = *s.StatusCode
		}
		return ir.Filter{Redirect: r}, err
	case spec.URLRewrite != nil:
		path, err := pathModifier(spec.URLRewrite.Path, "urlRewrite.path", matches)
		return ir.Filter{Rewrite: &ir.Rewrite{Hostname: string(value(spec.URLRewrite.Hostname)), Path: path}}, err
	}
	return ir.Filter{}, fmt.Errorf("type: %s is set, but the field that belongs to it is not", spec.Type)
}

func pathModifier(p *gatewayv1.HTTPPathModifier, field string, matches []ir.Match) (*ir.PathModifier, error) {
	if p == nil {
		return nil, nil
	}
	if p.Type == gatewayv1.FullPathHTTPPathModifier {
		return &ir.PathModifier{Kind: ir.ReplaceFullPath, Value: value(p.ReplaceFullPath)}, nil
	}
	for _, m := range matches {
		if m.Path.Kind != ir.Prefix {
			return nil, fmt.Errorf("%s.replacePrefixMatch: needs a match of type PathPrefix in every match of the rule", field)
		}
	}
	return &ir.PathModifier{Kind: ir.ReplacePrefixMatch, Value: value(p.ReplacePrefixMatch)}, nil
}

func headers(h *gatewayv1.HTTPHeaderFilter) *ir.HeaderModifier {
	list := func(in []gatewayv1.HTTPHeader) []ir.Header {
		var out []ir.Header
		for _, x := range in {
			out = append(out, ir.Header{Name: string(x.Name), Value: x.Value})
		}
		return out
	}
	return &ir.HeaderModifier{Set: list(h.Set), Add: list(h.Add), Remove: h.Remove}
}

// value is what p points to, or nothing.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
