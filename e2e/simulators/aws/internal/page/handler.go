package page

import (
	"bytes"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"time"
)

//go:embed page.html page.css page.js
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"clock": func(t time.Time) string { return t.UTC().Format("15:04:05.000") },
	"mood":  mood,
	"class": class,
}).ParseFS(files, "page.html"))

// Handler serves the page of a source at the path that it is mounted on, with a slash at its end.
func Handler(source Source, log *slog.Logger) http.Handler {
	assets := http.FileServerFS(files)
	mux := http.NewServeMux()
	mux.Handle("GET /page.css", assets)
	mux.Handle("GET /page.js", assets)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { show(w, r, source, "page", log) })
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, r *http.Request) { show(w, r, source, "live", log) })
	return mux
}

// shown is what the templates get.
type shown struct {
	Overview
	Chosen *Detail
	// Missing is an ARN that was asked for and is not there.
	Missing string
}

func show(w http.ResponseWriter, r *http.Request, source Source, name string, log *slog.Logger) {
	s := shown{Overview: source.Overview()}
	if arn := r.URL.Query().Get("lb"); arn != "" {
		if detail, ok := source.Detail(arn); ok {
			s.Chosen = &detail
		} else {
			s.Missing = arn
		}
	}
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, name, s); err != nil {
		log.Error("render the page", "err", err)
		http.Error(w, "the page cannot be rendered", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'self'")
	if _, err := out.WriteTo(w); err != nil {
		log.Debug("send the page", "err", err)
	}
}

// mood is how a state or outcome is coloured.
func mood(state string) string {
	switch state {
	case "active", "healthy", "ok":
		return "good"
	case "provisioning", "initial", "draining", "unhealthy.draining":
		return "waiting"
	case "unused", "unavailable":
		return "idle"
	default:
		return "bad"
	}
}

// class is how an HTTP status is coloured.
func class(status int) string {
	if status < http.StatusBadRequest {
		return "good"
	}
	return "bad"
}
