package jwtlocal

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/internal/breaker"
	"github.com/promptgrimoire/auth/jwtlocal/internal/keys"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// fetchFrom asks a server for keys over our own transport.
func fetchFrom(t testing.TB, url string) (keys.Document, error) {
	f := keys.NewFetcher(nil)
	defer f.Client.CloseIdleConnections()
	return f.Fetch(t.Context(), url)
}

// serve answers on the loopback.
func serve(t testing.TB, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestFetch(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
			w.WriteHeader(http.StatusBadRequest)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-16") // K21: the body speaks for itself
		_, _ = io.WriteString(w, mainJWKS())
	})
	p, err := fetchFrom(t, url)
	require.NoError(t, err)
	require.Contains(t, p.Keys, testKID)
}

// TestHugeAnswers (K03): what is read, and what it costs, is bounded.
func TestHugeAnswers(t *testing.T) {
	var read atomic.Int64
	endless := roundTripper(func(r *http.Request) (*http.Response, error) {
		body := io.MultiReader(strings.NewReader(`{"keys":[`), countingReader{&read})
		return &http.Response{StatusCode: 200, Body: io.NopCloser(body), Request: r}, nil
	})
	f := keys.NewFetcher(endless)
	fetch := func() {
		_, err := f.Fetch(t.Context(), "https://keys.example/")
		require.ErrorIs(t, err, keys.ErrTooLong)
	}
	bytes, _ := allocated(3, fetch)
	require.Less(t, bytes, 3*keys.MaxBody, "K03: an endless body")
	require.Less(t, read.Load(), int64(4*4*keys.MaxBody))

	bomb := gzipped(strings.Repeat(" ", 8<<20))
	require.Less(t, len(bomb), 128<<10)
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb)
	})
	_, err := fetchFrom(t, url)
	require.ErrorIs(t, err, keys.ErrTooLong, "K03: a gzip bomb")

	// A set just below the cap is read.
	large := strings.Replace(mainJWKS(), `"status_code"`, `"padding":"`+strings.Repeat("x", keys.MaxBody-1000)+`","status_code"`, 1)
	url = serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, large) })
	_, err = fetchFrom(t, url)
	require.NoError(t, err)

	// Endless headers, which only a server without net/http sends.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	var sent atomic.Int64
	go func() {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
		for line := "X-Endless: " + strings.Repeat("x", 1000) + "\r\n"; err == nil; {
			_, err = io.WriteString(c, line)
			sent.Add(int64(len(line)))
		}
	}()
	_, err = fetchFrom(t, "http://"+listener.Addr().String())
	require.Error(t, err, "K03: endless headers")
}

// countingReader is an endless list of nulls.
type countingReader struct{ n *atomic.Int64 }

func (c countingReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "null,"[i%5]
	}
	c.n.Add(int64(len(p)))
	return len(p), nil
}

func gzipped(s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, s); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// TestSlowAnswers (K04): one deadline holds from the first byte sent to the last
// one read.
func TestSlowAnswers(t *testing.T) {
	for name, transport := range map[string]roundTripper{
		"no answer": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"drip-fed": func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(&drip{text: mainJWKS()}), Request: r}, nil
		},
		"half-open": func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(io.MultiReader(strings.NewReader(mainJWKS()[:50]), untilDone{r.Context()})), Request: r}, nil
		},
	} {
		t.Run("K04/"+name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, v *Verifier, _ *keyServer) {
				start := time.Now()
				requireUnknown(t, v, fresh(testKID))
				require.Equal(t, breaker.Silence, time.Since(start), "the request waits until it is known that there is no answer")
				require.NoError(t, v.Wait(t.Context()))
				require.InDelta(t, keys.FetchDeadline.Seconds(), time.Since(start).Seconds(), 0.5)
			}, func(c *Config) { c.Transport = transport })
		})
	}
	t.Run("K04/reset", func(t *testing.T) {
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10000")
			_, _ = io.WriteString(w, mainJWKS())
			panic(http.ErrAbortHandler)
		})
		_, err := fetchFrom(t, url)
		require.Error(t, err)
	})
	t.Run("K04/a transport that panics", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *Verifier, _ *keyServer) {
			requireUnknown(t, v, fresh(testKID))
			require.ErrorContains(t, v.Stats().LastFetchError, "panicked")
		}, func(c *Config) {
			c.Transport = roundTripper(func(*http.Request) (*http.Response, error) { panic("secret text") })
		})
	})
}

// drip gives one byte per half second and knows no context.
type drip struct {
	text string
	at   int
}

func (d *drip) Read(p []byte) (int, error) {
	time.Sleep(time.Second / 2)
	p[0] = d.text[d.at]
	d.at++
	return 1, nil
}

type untilDone struct{ ctx context.Context }

func (u untilDone) Read([]byte) (int, error) {
	<-u.ctx.Done()
	return 0, u.ctx.Err()
}

// TestRedirects (K05): the host that answers cannot name another one as the source of the keys.
func TestRedirects(t *testing.T) {
	var asked atomic.Int64
	attacker := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, mainJWKS())
	})
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, target := range []string{attacker, "http://169.254.169.254/latest", "/loop"} {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", target)
				w.WriteHeader(status)
				_, _ = io.WriteString(w, mainJWKS())
			})
			_, err := fetchFrom(t, url)
			require.ErrorContains(t, err, "status", "K05: %d to %s", status, target)
		}
	}
	require.Zero(t, asked.Load())
}

// TestTLS (K25): no certificate but a good one, whatever stands in between.
func TestTLS(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, mainJWKS()) })
	authority, authorityKey := certificate(t, nil, nil, func(c *x509.Certificate) { c.IsCA = true; c.KeyUsage = x509.KeyUsageCertSign })
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	trusting := func() *http.Transport {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
		return transport
	}
	for name, c := range map[string]struct {
		change func(*x509.Certificate)
		self   bool
		old    bool
		good   bool
	}{
		"good":           {good: true},
		"wrong name":     {change: func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"stytch.example"} }},
		"expired":        {change: func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }},
		"not yet valid":  {change: func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }},
		"self-signed":    {self: true},
		"an old version": {old: true},
	} {
		t.Run("K25/"+name, func(t *testing.T) {
			issuer, issuerKey := authority, authorityKey
			if c.self {
				issuer, issuerKey = nil, nil
			}
			leaf, key := certificate(t, issuer, issuerKey, c.change)
			s := httptest.NewUnstartedServer(handler)
			s.Config.ErrorLog = quiet
			s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}}}
			if c.old {
				s.TLS.MaxVersion = tls.VersionTLS11
			}
			s.StartTLS()
			defer s.Close()
			transport := trusting()
			defer transport.CloseIdleConnections()
			_, err := keys.NewFetcher(transport).Fetch(t.Context(), s.URL)
			if c.good {
				require.NoError(t, err)
				_, err = fetchFrom(t, s.URL)
			}
			require.Error(t, err, "also an authority that the system does not know")
		})
	}
	t.Run("K25/a proxy in between", func(t *testing.T) {
		// The proxy takes over the connection and answers with a certificate of its
		// own, as one named by HTTPS_PROXY could.
		leaf, key := certificate(t, nil, nil, nil)
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			_ = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}}}).Handshake()
		}))
		defer proxy.Close()
		address, err := url.Parse(proxy.URL)
		require.NoError(t, err)
		transport := trusting()
		transport.Proxy = http.ProxyURL(address)
		defer transport.CloseIdleConnections()
		_, err = keys.NewFetcher(transport).Fetch(t.Context(), "https://test.stytch.com/v1/b2b/sessions/jwks/x")
		var unknown x509.UnknownAuthorityError
		var wrongName x509.HostnameError
		require.True(t, errorsAs(err, &unknown) || errorsAs(err, &wrongName), "%v", err)
	})
}

// certificate makes a certificate for the loopback, issued by issuer or by itself.
func certificate(t *testing.T, issuer *x509.Certificate, issuerKey *ecdsa.PrivateKey, change func(*x509.Certificate)) (*x509.Certificate, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(2 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true,
	}
	if change != nil {
		change(template)
	}
	if issuer == nil {
		issuer, issuerKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, &key.PublicKey, issuerKey)
	require.NoError(t, err)
	c, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return c, key
}

// TestNoGoroutineStays (K24): after Wait nothing of a verifier is left, whatever it
// was doing.
func TestNoGoroutineStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 20 {
			keys := newKeyServer()
			keys.set(func(s *keyServer) { s.delay = time.Second })
			v := newVerifier(t, func(c *Config) { c.Transport = keys })
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			_, err := v.Verify(ctx, grimoireauth.NewSecret(fresh(testKID)))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			cancel()
			require.NoError(t, v.Wait(t.Context()))
			require.NoError(t, v.Wait(t.Context()))
		}
		// synctest fails the test if a goroutine of the bubble is left.
	})
}
