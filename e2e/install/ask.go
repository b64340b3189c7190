package install

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Answer is what came back for a request.
type Answer struct {
	// Status is the HTTP status.
	Status int
	// Pod and Service are what the echo server says of itself; empty when it was not the one that
	// answered.
	Pod, Service string
	// Text is the body when it is not the echo server's.
	Text string
}

// Ask sends a GET request for a path to an address and port, under a host name.
func Ask(ctx context.Context, client *http.Client, address, host, path string) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return Answer{}, fmt.Errorf("make a request: %w", err)
	}
	request.Host = host
	response, err := client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return Answer{}, fmt.Errorf("read the answer: %w", err)
	}
	answer := Answer{Status: response.StatusCode}
	if response.StatusCode != http.StatusOK {
		answer.Text = string(body)
		return answer, nil
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return answer, fmt.Errorf("read the echo server's answer: %w", err)
	}
	return answer, nil
}
