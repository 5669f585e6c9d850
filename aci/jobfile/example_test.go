package jobfile_test

import (
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/aci/jobfile"
)

// A whole container group under the job: a volume here, which the job's own fields know nothing of.
func ExampleRead() {
	job, err := jobfile.Read(strings.NewReader(`
image: alpine:latest
command: [sh, -c, "cat mnt/greeting/text"]
env: {TZ: UTC}
timeout: 5m
base:
  properties:
    containers:
    - name: main
      properties:
        volumeMounts: [{name: greeting, mountPath: /mnt/greeting}]
    volumes:
    - {name: greeting, secret: {text: aGVsbG8K}}
`))
	if err == nil {
		err = job.Validate()
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(job.Command, job.Timeout, *job.Base.Properties.Volumes[0].Name)
	// Output: [sh -c cat mnt/greeting/text] 5m0s greeting
}

// Everything that is wrong is reported at once.
func ExampleRead_refused() {
	_, err := jobfile.Read(strings.NewReader("comand: [date]\ncpu: half\n"))
	fmt.Println(err)
	// Output:
	// reading the job: line 1: unknown field "comand"; did you mean "command"?
	// line 2: cpu: must be a number, not text
}
