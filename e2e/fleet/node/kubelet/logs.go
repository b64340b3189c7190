package kubelet

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Credentials are the files of a node's log server: its certificate and key, and the authority of its clients.
type Credentials struct{ Certificate, Key, ClientCA string }

// load makes a TLS configuration that lets only the API server in.
func (c Credentials) load() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
	if err != nil {
		return nil, fmt.Errorf("load the node's certificate: %w", err)
	}
	pem, err := os.ReadFile(c.ClientCA)
	if err != nil {
		return nil, fmt.Errorf("read the clients' authority: %w", err)
	}
	clients := x509.NewCertPool()
	if !clients.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read the clients' authority: %s holds no certificate", c.ClientCA)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientCAs: clients, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12,
	}, nil
}

// ServeLogs answers the API server's requests for logs on each of the addresses until ctx ends. It returns once all are open.
func (d *Dispatcher) ServeLogs(ctx context.Context, addresses []netip.Addr, c Credentials, log *slog.Logger) error {
	config, err := c.load()
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", func(w http.ResponseWriter, r *http.Request) { d.logs(w, r, log) })
	server := &http.Server{Handler: mux, TLSConfig: config, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	for _, a := range addresses {
		listener, err := net.Listen("tcp", netip.AddrPortFrom(a, logPort).String())
		if err != nil {
			return errors.Join(fmt.Errorf("open the log server: %w", err), server.Close())
		}
		go func() {
			if err := server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
				log.Error("the log server ended", "err", err)
			}
		}()
	}
	context.AfterFunc(ctx, func() {
		if err := server.Close(); err != nil {
			log.Debug("closing the log server", "err", err)
		}
	})
	return nil
}

func (d *Dispatcher) logs(w http.ResponseWriter, r *http.Request, log *slog.Logger) {
	options, err := logOptions(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	namespace, name, container := r.PathValue("namespace"), r.PathValue("pod"), r.PathValue("container")
	exists, journal := d.journal(namespace, name, container, options.Previous)
	switch {
	case !exists:
		http.Error(w, fmt.Sprintf("pod %q is not on this node", namespace+"/"+name), http.StatusNotFound)
		return
	case journal == nil && options.Previous:
		http.Error(w, fmt.Sprintf("previous terminated container %q in pod %q not found", container, name), http.StatusBadRequest)
		return
	case journal == nil:
		http.Error(w, fmt.Sprintf("container %q in pod %q is waiting to start", container, name), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	flush := http.NewResponseController(w)
	err = journal.Read(r.Context(), w, options, func() {
		if err := flush.Flush(); err != nil {
			log.Debug("cannot flush a log", "err", err)
		}
	})
	if err != nil {
		log.Debug("cannot send a log", "err", err)
	}
}

// logOptions reads the options of the pods/log subresource, as the API server passes them on.
func logOptions(q url.Values) (*corev1.PodLogOptions, error) {
	o := &corev1.PodLogOptions{Follow: q.Get("follow") == "true", Previous: q.Get("previous") == "true", Timestamps: q.Get("timestamps") == "true"}
	for name, target := range map[string]**int64{"tailLines": &o.TailLines, "sinceSeconds": &o.SinceSeconds, "limitBytes": &o.LimitBytes} {
		if text := q.Get(name); text != "" {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil || n < 0 {
				return nil, fmt.Errorf("%s is no natural number: %q", name, text)
			}
			*target = &n
		}
	}
	if text := q.Get("sinceTime"); text != "" {
		since, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, fmt.Errorf("sinceTime: %w", err)
		}
		o.SinceTime = &metav1.Time{Time: since}
	}
	return o, nil
}
