/** What Jenkins throws in a step that is aborted. */
class FlowInterruptedException extends RuntimeException {

    FlowInterruptedException() {
        super('aborted')
    }

}
