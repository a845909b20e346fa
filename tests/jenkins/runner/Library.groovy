/** Stands for the annotation by which a pipeline names its libraries. */
@interface Library {
    String value()
}
