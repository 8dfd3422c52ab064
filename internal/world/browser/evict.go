package browser

import (
	"slices"
	"time"
)

// evictExpired deletes the cookies whose time is over.
func (j *Jar) evictExpired(now time.Time) {
	j.cookies = slices.DeleteFunc(j.cookies, func(c *Cookie) bool { return c.expired(now) })
}

// evictExcess keeps the limits after a cookie of that registrable domain was
// stored: first the domain's, counted over all hosts of its registrable domain as Chromium
// does, so that a sibling host can push a cookie out; then the jar's. The order is
// RFC 6265bis, 5.7: of a domain with too many, cookies that are not Secure
// first; among equals, those that were not used for the longest time.
func (j *Jar) evictExcess(site string) {
	ofSite := func(c *Cookie) bool { return c.site == site }
	for j.count(ofSite) > maxPerDomain {
		insecure := func(c *Cookie) bool { return ofSite(c) && !c.Secure }
		if !j.evictOldest(insecure) {
			j.evictOldest(ofSite)
		}
	}
	for len(j.cookies) > maxPerJar {
		j.evictOldest(func(*Cookie) bool { return true })
	}
}

func (j *Jar) count(of func(*Cookie) bool) int {
	n := 0
	for _, c := range j.cookies {
		if of(c) {
			n++
		}
	}
	return n
}

// evictOldest deletes the cookie with the earliest last access among those, the
// one created first if several were last used at the same instant.
func (j *Jar) evictOldest(among func(*Cookie) bool) bool {
	oldest := -1
	for i, c := range j.cookies {
		if among(c) && (oldest < 0 || c.LastAccess.Before(j.cookies[oldest].LastAccess)) {
			oldest = i
		}
	}
	if oldest < 0 {
		return false
	}
	j.cookies = slices.Delete(j.cookies, oldest, oldest+1)
	return true
}
