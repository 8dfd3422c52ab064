// Package browser holds the test that uses the classroom as people do: in a
// browser, on a page. It is a module of its own, so that nobody who imports the
// library pays for a browser driver.
package browser
