// Package browser has the tests that use the classroom in a real browser, as people do.
// It is a module of its own, so that importers of the library do not download a browser
// driver.
package browser
