// Package rules holds the repository to its own rules: which package may import which, what pure
// packages stay clear of, how large a file may be, what the proxy is made of.
//
// A rule is a function from the repository's files to what is wrong with them, so that its test can
// show on a few made-up files that it is able to fail.
package rules
