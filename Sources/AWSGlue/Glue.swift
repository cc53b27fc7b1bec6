import AWSCore

extension AWSService {
    /// https://docs.aws.amazon.com/glue/latest/webapi/API_Operations.html
    package static let glue = AWSService("glue", name: "Glue", endpointVariable: "AWS_ENDPOINT_URL_GLUE")
}
