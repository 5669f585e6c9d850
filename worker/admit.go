package worker

// admit waits for room in Azure. release gives back what was reserved, once Azure has the group or has refused it.
func (w *Worker) admit(f *flight) (release func(), err error) {
	return func() {}, nil
}
