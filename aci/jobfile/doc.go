// Package jobfile reads a job of [aci] from a file in YAML or JSON.
//
// Call [Read]. It reports everything that is wrong with the file at once, each with its line, and holds no value to
// ACI's rules yet: [aci.Job.Validate] does that.
package jobfile
