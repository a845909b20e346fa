/** Ends a step that is aborted, as in Jenkins. */
class FlowInterruptedException extends RuntimeException {

    FlowInterruptedException() {
        super('aborted')
    }

}
