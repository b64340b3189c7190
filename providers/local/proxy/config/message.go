package config

import (
	"fmt"
	"maps"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// refusal is a resource that was not put into force, and why.
type refusal struct {
	name string
	err  error
}

// firstRequest asks for all resources of a type, and says which are held.
func (c *Client) firstRequest(typ string) *discovery.DeltaDiscoveryRequest {
	return &discovery.DeltaDiscoveryRequest{
		Node:                    &corev3.Node{Id: c.options.Node},
		TypeUrl:                 typ,
		ResourceNamesSubscribe:  []string{"*"},
		InitialResourceVersions: maps.Clone(c.held.versions(typ)),
	}
}

// answer acknowledges a response, or says which of its resources were
// refused: the others are in force all the same.
func answer(r *discovery.DeltaDiscoveryResponse, refused []refusal) *discovery.DeltaDiscoveryRequest {
	request := &discovery.DeltaDiscoveryRequest{TypeUrl: r.GetTypeUrl(), ResponseNonce: r.GetNonce()}
	if len(refused) == 0 {
		return request
	}
	details := &errdetails.BadRequest{}
	for _, r := range refused {
		details.FieldViolations = append(details.FieldViolations,
			&errdetails.BadRequest_FieldViolation{Field: r.name, Description: r.err.Error()})
	}
	text := fmt.Sprintf("%d of %d resources refused; the first: %s: %v",
		len(refused), len(r.GetResources()), refused[0].name, refused[0].err)
	st := status.New(codes.InvalidArgument, text)
	if detailed, err := st.WithDetails(details); err == nil {
		st = detailed // otherwise the text alone has to do
	}
	request.ErrorDetail = st.Proto()
	return request
}
