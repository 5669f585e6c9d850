package db

func listOr(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func mapOr(labels map[string]any) map[string]any {
	if labels == nil {
		return map[string]any{}
	}
	return labels
}
