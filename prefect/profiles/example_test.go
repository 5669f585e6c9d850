package profiles_test

import (
	"fmt"
	"log"
	"os"

	"github.com/pacific-aci/pacific/prefect/profiles"
)

// Settings come from several places; each value says from which. Options are what prefect.NewClient needs.
func ExampleLoadSettings() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	environment := map[string]string{"PREFECT_API_URL": "http://127.0.0.1:4200/api"}

	settings, err := profiles.LoadSettings(profiles.Source{
		LookupEnv: func(name string) (string, bool) { value, ok := environment[name]; return value, ok },
		Dir:       folder,
		Home:      folder,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(settings.Text("PREFECT_API_URL"), "from", settings.Value("PREFECT_API_URL").Origin)
	options, err := settings.Options()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(options.URL)
	// Output:
	// http://127.0.0.1:4200/api from environment
	// http://127.0.0.1:4200/api
}
