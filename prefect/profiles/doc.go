// Package profiles reads Prefect's settings and profiles as Prefect's own command line does, of 3.x and 2.20.
//
// Call [LoadSettings] first, with a [Source] that says where to look. [Settings.Value] gives one setting with the place
// that it comes from, and [Settings.Options] what [prefect.NewClient] needs. [KnownSettings] is the table of every
// setting that Prefect has.
//
// [Read] gives the file of the profiles, profiles.toml, as a [File]; [Update] changes it and leaves comments, order and
// quotes as they are. Secrets are never part of an error, and [SettingValue.Shown] is a value as it may be printed.
package profiles
