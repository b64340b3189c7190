package server

import (
	"encoding/json/jsontext"
	"strconv"
	"strings"
	"time"
)

// Format is how a line of the access log is written.
type Format string

// The formats of the access log. Both have the same fields in the same order.
const (
	// JSON is an object a line.
	JSON Format = "json"
	// Text is name=value, separated by spaces, with quotes where a value needs
	// them.
	Text Format = "text"
)

// appendEntry writes the fields in a fixed order. What there is nothing to
// say about is left out.
func appendEntry(b []byte, f Format, x *exchange, took time.Duration) []byte {
	e := entry{b: b, json: f == JSON}
	if e.json {
		e.b = append(e.b, '{')
	}
	e.start = len(e.b)
	e.word("time", x.start.UTC().Format("2006-01-02T15:04:05.000Z"))
	e.word("client", x.client)
	e.word("forwarded_for", x.forwardedFor)
	e.word("listener", x.match.Listener)
	e.word("host", x.request.Host)
	e.word("method", x.request.Method)
	e.word("path", x.request.RawPath)
	e.number("status", int64(x.status))
	e.number("bytes", x.bytes)
	e.name("duration_ms")
	e.b = strconv.AppendFloat(e.b, float64(took.Microseconds())/1000, 'f', -1, 64)
	if rule := x.match.Rule; rule != nil {
		e.word("route", rule.Route)
		e.word("rule", rule.Index)
	}
	if x.backend != nil {
		e.word("pool", x.backend.Pool)
	}
	if x.endpoint != nil {
		e.word("cluster", x.endpoint.Cluster)
		e.word("endpoint", x.endpoint.Address)
	}
	e.word("protocol", x.protocol)
	if x.request.ServerName != x.request.Host {
		e.word("server_name", x.request.ServerName)
	}
	if x.cause != nil {
		e.word("cause", x.cause.Error())
	}
	if x.aborted {
		e.name("aborted")
		e.b = append(e.b, "true"...)
	}
	if e.json {
		e.b = append(e.b, '}')
	}
	return e.b
}

// entry is a line that is being written.
type entry struct {
	b     []byte
	json  bool
	start int // of the first field
}

func (e *entry) name(name string) {
	separator, quote, is := byte(' '), "", byte('=')
	if e.json {
		separator, quote, is = ',', `"`, ':'
	}
	if len(e.b) > e.start {
		e.b = append(e.b, separator)
	}
	e.b = append(append(append(e.b, quote...), name...), quote...)
	e.b = append(e.b, is)
}

func (e *entry) number(name string, n int64) {
	e.name(name)
	e.b = strconv.AppendInt(e.b, n, 10)
}

func (e *entry) word(name, value string) {
	if value == "" {
		return
	}
	e.name(name)
	switch {
	case e.json:
		// The error says that invalid UTF-8 was replaced, which is as it should be.
		e.b, _ = jsontext.AppendQuote(e.b, value)
	case strings.ContainsFunc(value, needsQuotes):
		e.b = strconv.AppendQuote(e.b, value)
	default:
		e.b = append(e.b, value...)
	}
}

// needsQuotes is true for what would end a bare value, or is not to be shown
// as it is. Bytes that are not UTF-8 come as the replacement character.
func needsQuotes(r rune) bool {
	return r <= ' ' || r >= 0x7f || r == '"' || r == '=' || r == '\\'
}
