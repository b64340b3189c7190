package translate

import (
	"fmt"
	"slices"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// ruleFilters translates a rule's filters and refuses what the rule asks
// beside them that cannot be served.
func ruleFilters(spec *gatewayv1.HTTPRouteRule, field string, matches []ir.Match, c providers.Capabilities) ([]ir.Filter, error) {
	switch {
	case spec.Timeouts != nil:
		return nil, fmt.Errorf("%s.timeouts: not supported by this class; remove it", field)
	case spec.Retry != nil:
		return nil, fmt.Errorf("%s.retry: not supported by this class; remove it", field)
	case spec.SessionPersistence != nil: //nolint:staticcheck // deprecated, yet users still set it, and it must not be passed over
		return nil, fmt.Errorf("%s.sessionPersistence: not supported by this class; remove it", field)
	}
	return filters(spec.Filters, field, matches, c.Filters, c)
}

// filters translates filters of the types that the class can apply there.
func filters(specs []gatewayv1.HTTPRouteFilter, field string, matches []ir.Match, can []string, c providers.Capabilities) ([]ir.Filter, error) {
	var out []ir.Filter
	for i := range specs {
		at := fmt.Sprintf("%s.filters[%d]", field, i)
		if !slices.Contains(can, string(specs[i].Type)) {
			return nil, fmt.Errorf("%s.type: %s is not supported here by this class; %s", at, specs[i].Type, instead(can))
		}
		f, err := filter(&specs[i], matches, c)
		if err != nil {
			return nil, fmt.Errorf("%s.%w", at, err)
		}
		out = append(out, f)
	}
	return out, nil
}

func filter(spec *gatewayv1.HTTPRouteFilter, matches []ir.Match, c providers.Capabilities) (ir.Filter, error) {
	switch {
	case spec.Type == gatewayv1.HTTPRouteFilterRequestHeaderModifier && spec.RequestHeaderModifier != nil:
		return ir.Filter{RequestHeaders: headers(spec.RequestHeaderModifier)}, nil
	case spec.Type == gatewayv1.HTTPRouteFilterResponseHeaderModifier && spec.ResponseHeaderModifier != nil:
		return ir.Filter{ResponseHeaders: headers(spec.ResponseHeaderModifier)}, nil
	case spec.Type == gatewayv1.HTTPRouteFilterRequestRedirect && spec.RequestRedirect != nil:
		return redirect(spec.RequestRedirect, matches, c)
	case spec.Type == gatewayv1.HTTPRouteFilterURLRewrite && spec.URLRewrite != nil:
		path, err := pathModifier(spec.URLRewrite.Path, "urlRewrite.path", matches)
		return ir.Filter{Rewrite: &ir.Rewrite{Hostname: string(value(spec.URLRewrite.Hostname)), Path: path}}, err
	}
	return ir.Filter{}, fmt.Errorf("type: %s is not known here, or the field that belongs to it is not set; set it, or remove the filter", spec.Type)
}

func redirect(s *gatewayv1.HTTPRequestRedirectFilter, matches []ir.Match, c providers.Capabilities) (ir.Filter, error) {
	path, err := pathModifier(s.Path, "requestRedirect.path", matches)
	if err != nil {
		return ir.Filter{}, err
	}
	r := &ir.Redirect{Scheme: value(s.Scheme), Hostname: string(value(s.Hostname)), Port: uint16(value(s.Port)), Path: path, Status: 302}
	if s.StatusCode != nil {
		r.Status = *s.StatusCode
	}
	if !slices.Contains(c.RedirectStatus, r.Status) {
		return ir.Filter{}, fmt.Errorf("requestRedirect.statusCode: %d is not supported by this class; use one of %v", r.Status, c.RedirectStatus)
	}
	return ir.Filter{Redirect: r}, nil
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
			return nil, fmt.Errorf("%s.replacePrefixMatch: needs type PathPrefix in every match of the rule; change the matches, or use ReplaceFullPath", field)
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
