package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// askHealth asks another fakestytch whether it serves: an image that has nothing but this
// program needs no other one for that.
func askHealth(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(url, "/")+"/fake/health", nil)
	if err != nil {
		return err
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return err
	}
	var said struct{ Status string }
	err = json.NewDecoder(res.Body).Decode(&said)
	if closing := res.Body.Close(); err == nil {
		err = closing
	}
	if err == nil && (res.StatusCode != http.StatusOK || said.Status != "ok") {
		err = fmt.Errorf("%s answered %d", req.URL, res.StatusCode)
	}
	return err
}
