/** Replaces the annotation with which a pipeline names its libraries. */
@interface Library {
    String value()
}
