// Package profiles reads Prefect's settings and profiles as Prefect's own command line does, of 3.x and 2.20.
//
// Call [LoadSettings] first, with a [Source] that says where to look. [Settings.Value] gives one setting with the place
// that it comes from, and [Settings.Options] what [prefect.NewClient] needs. [KnownSettings] is the table of every
// setting that Prefect has.
//
// [Read] gives the file of the profiles, profiles.toml, as a [File]; [Update] changes it and leaves comments, order and
// quotes as they are. It replaces the bytes of one value and has a parser of TOML check the result. The library
// github.com/creachadair/tomledit v0.0.29 was tried instead. It keeps comments, but writes the whole file anew in its
// own form: of 12 small files it changed lines that nobody had touched in 10 (CRLF became LF; indents, blank lines and
// the quotes of keys went) and refused one that begins with a byte order mark.
//
// Secrets are never part of an error, and [SettingValue.Shown] is a value as it may be printed.
package profiles
