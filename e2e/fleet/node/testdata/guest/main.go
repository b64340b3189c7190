// Command guest is the image of the node's own tests: a server that tells what it sees from inside of its container.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// view is what GET / answers.
type view struct {
	Host, Client, Resolv      string
	Args, Env, Mounts, Status []string
	UID, GID, PID             int
	Groups                    []int
}

func main() {
	listen := flag.String("listen", ":8080", "address to serve on")
	udp := flag.String("udp", "", "address of a UDP echo, empty for none")
	grace := flag.Duration("grace", 0, "how long to go on after SIGTERM")
	exit := flag.Int("exit", -1, "print a word and exit with this code at once")
	ready := flag.Bool("ready", true, "whether /ready succeeds at first")
	flag.Parse()
	if *exit >= 0 {
		fmt.Println("leaving")
		if err := os.WriteFile("/dev/termination-log", []byte("left on purpose"), 0o644); err != nil {
			log.Print(err)
		}
		os.Exit(*exit)
	}
	if *udp != "" {
		go echo(*udp)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	handler := routes(*ready)
	server := &http.Server{Addr: *listen, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log.Print("asked for ", r.URL.Path)
		handler.ServeHTTP(w, r)
	})}
	go func() {
		<-ctx.Done()
		log.Print("terminating")
		<-time.After(*grace)
		log.Print("terminated")
		if err := server.Close(); err != nil {
			log.Print(err)
		}
	}()
	log.Print("listening on ", *listen)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

func routes(ready bool) http.Handler {
	var isReady atomic.Bool
	isReady.Store(ready)
	mux := http.NewServeMux()
	mux.HandleFunc("/", look)
	mux.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) {
		if !isReady.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/set-ready/{value}", func(_ http.ResponseWriter, r *http.Request) { isReady.Store(r.PathValue("value") == "true") })
	mux.HandleFunc("/exit/{code}", func(_ http.ResponseWriter, r *http.Request) {
		code, err := strconv.Atoi(r.PathValue("code"))
		if err != nil {
			code = 99
		}
		os.Exit(code)
	})
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		answer(w, func() ([]byte, error) { return os.ReadFile(r.URL.Query().Get("path")) })
	})
	mux.HandleFunc("/write", func(w http.ResponseWriter, r *http.Request) {
		answer(w, func() ([]byte, error) {
			return nil, os.WriteFile(r.URL.Query().Get("path"), []byte("written"), 0o644)
		})
	})
	mux.HandleFunc("/fetch", func(w http.ResponseWriter, r *http.Request) {
		answer(w, func() ([]byte, error) { return fetch(r.Context(), r.URL.Query().Get("url")) })
	})
	mux.HandleFunc("/udp", func(w http.ResponseWriter, r *http.Request) {
		answer(w, func() ([]byte, error) { return ask(r.URL.Query().Get("address")) })
	})
	return mux
}

func answer(w http.ResponseWriter, f func() ([]byte, error)) {
	body, err := f()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if _, err := w.Write(body); err != nil {
		log.Print(err)
	}
}

// fetch asks another server over a connection of its own, so that each call is balanced anew.
func fetch(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // only read from
	return io.ReadAll(response.Body)
}

func ask(address string) ([]byte, error) {
	conn, err := net.DialTimeout("udp", address, time.Second)
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // a datagram socket has nothing to flush
	if err := conn.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return nil, err
	}
	if _, err := conn.Write([]byte("ping")); err != nil {
		return nil, err
	}
	buffer := make([]byte, 512)
	n, err := conn.Read(buffer)
	return buffer[:n], err
}

// echo answers datagrams with the host's name.
func echo(address string) {
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		log.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		log.Fatal(err)
	}
	buffer := make([]byte, 512)
	for {
		_, from, err := conn.ReadFrom(buffer)
		if err != nil {
			log.Fatal(err)
		}
		if _, err := conn.WriteTo([]byte(host), from); err != nil {
			log.Print(err)
		}
	}
}

func look(w http.ResponseWriter, r *http.Request) {
	v := view{Client: r.RemoteAddr, Args: os.Args, Env: os.Environ(), UID: os.Getuid(), GID: os.Getgid(), PID: os.Getpid()}
	var errs [4]error
	v.Host, errs[0] = os.Hostname()
	v.Groups, errs[1] = os.Getgroups()
	v.Resolv, errs[2] = text("/etc/resolv.conf")
	mounts, err := text("/proc/self/mounts")
	errs[3] = err
	v.Mounts = strings.Split(strings.TrimSpace(mounts), "\n")
	status, err := text("/proc/self/status")
	v.Status = strings.Split(strings.TrimSpace(status), "\n")
	if err := errors.Join(append(errs[:], err)...); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		log.Print(err)
	}
}

func text(path string) (string, error) {
	content, err := os.ReadFile(path)
	return string(content), err
}
