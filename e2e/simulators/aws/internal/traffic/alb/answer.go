package alb

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// server is what the load balancer calls itself in answers of its own.
const server = "awselb/2.0"

// Statuses of the load balancer's own that HTTP does not know (Troubleshoot).
const (
	statusClientClosed      = 460
	statusTooManyForwarders = 463
	statusIncompatible      = 464
	statusUnauthorized      = 561
)

// titles are the reason phrases of its pages where they are not HTTP's usual ones.
var titles = map[int]string{
	http.StatusServiceUnavailable: "Service Temporarily Unavailable",
	http.StatusGatewayTimeout:     "Gateway Time-out",
	http.StatusRequestTimeout:     "Request Time-out",
	http.StatusRequestURITooLong:  "Request-URI Too Large",
	http.StatusMethodNotAllowed:   "Not Allowed",
	statusUnauthorized:            "Authentication Error",
}

// page answers with a status and the small HTML page for it; the codes that HTTP does not know but 561 have no page.
func page(w http.ResponseWriter, status int) {
	title := cmp.Or(titles[status], http.StatusText(status))
	if title == "" {
		write(w, status, "text/html", "")
		return
	}
	head := fmt.Sprintf("%d %s", status, title)
	write(w, status, "text/html", strings.Join([]string{
		"<html>",
		"<head><title>" + head + "</title></head>",
		"<body>",
		"<center><h1>" + head + "</h1></center>",
		"</body>",
		"</html>",
		"",
	}, "\r\n"))
}

// redirect answers with a Location.
func redirect(w http.ResponseWriter, status int, location string) {
	w.Header().Set("Location", location)
	page(w, status)
}

// fixed answers as a fixed-response action says. The content type is text/plain unless one is set; texts are said to be
// UTF-8 (chosen here, as the service is seen to do with text/plain).
func fixed(w http.ResponseWriter, response *traffic.FixedResponse) {
	contentType := cmp.Or(response.ContentType, "text/plain")
	if strings.HasPrefix(contentType, "text/") {
		contentType += "; charset=utf-8"
	}
	write(w, response.Status, contentType, response.Body)
}

func write(w http.ResponseWriter, status int, contentType, body string) {
	header := w.Header()
	header.Set("Server", server)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if body != "" {
		header.Set("Content-Type", contentType)
	}
	w.WriteHeader(status)
	// An error means that the client has gone: nobody is left to be told.
	_, _ = w.Write([]byte(body))
}
