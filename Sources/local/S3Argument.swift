import AWSS3
import ArgumentParser

extension S3Place {
    /// - Throws: `ValidationError` for what is typed in another form.
    init(argument: String) throws {
        guard let place = S3Place(argument) else {
            throw ValidationError("\(argument) is not a bucket: use s3://BUCKET or s3://BUCKET/PREFIX")
        }
        self = place
    }
}
