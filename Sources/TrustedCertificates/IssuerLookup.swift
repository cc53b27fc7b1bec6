import CTLS

/// How OpenSSL gets at the bundle: an `X509_LOOKUP`, which it asks for a subject that is not in its store yet.
///
/// As `X509_LOOKUP_hash_dir` does, each answer is put into the store and found there: OpenSSL goes through all
/// certificates of a subject there, and what it found once it finds again.
extension CertificateBundle {
    /// Has connections of the `SSL_CTX` at `context` trust the certificates of this bundle, and those that its store
    /// trusts already.
    ///
    /// - Returns: false where memory runs out.
    package func add(toContext context: UnsafeMutableRawPointer) -> Bool {
        guard let store = SSL_CTX_get_cert_store(OpaquePointer(context)),
            let lookup = X509_STORE_add_lookup(store, method)
        else { return false }
        // One that has served an earlier connection already, where libcurl shares its store, stays as it is.
        guard X509_LOOKUP_get_method_data(lookup) == nil else { return true }
        // The store keeps the bundle, which `free` gives back.
        return X509_LOOKUP_set_method_data(lookup, Unmanaged.passRetained(self).toOpaque()) == 1
    }

    /// Puts every certificate into `store` that may have `name` as its subject, in the order of the file.
    ///
    /// With none there is nothing to do: no other certificate can have this subject. With several it depends on
    /// OpenSSL's order which of them it tries, so it gets what it would have had, the whole file.
    func addCandidates(_ name: OpaquePointer, to store: OpaquePointer) -> Bool {
        guard let key = key(of: name) else { return add(entries.indices, to: store) }
        let candidates = entries.indices.filter { entries[$0].subject == key }
        return candidates.count > 1 ? add(entries.indices, to: store) : add(candidates, to: store)
    }

    private func key(of name: OpaquePointer) -> UInt64? {
        var start: UnsafePointer<UInt8>?
        var count = 0
        guard X509_NAME_get0_der(name, &start, &count) == 1, let start else { return nil }
        var reader = DERReader(UnsafeRawBufferPointer(start: start, count: count))
        return SubjectKey.read(&reader)
    }

    private func add(_ wanted: some Sequence<Int>, to store: OpaquePointer) -> Bool {
        for index in wanted {
            guard let certificate = decoded(index), X509_STORE_add_cert(store, certificate) == 1 else { return false }
        }
        return true
    }

    private func decoded(_ index: Int) -> OpaquePointer? {
        if let certificate = entries[index].decoded { return certificate }
        let bytes = der.bytes[entries[index].range]
        var start = UnsafeRawBufferPointer(rebasing: bytes).bindMemory(to: UInt8.self).baseAddress
        entries[index].decoded = d2i_X509(nil, &start, bytes.count)
        return entries[index].decoded
    }

    func freeDecoded() {
        for entry in entries { X509_free(entry.decoded) }
    }
}

/// Made once and never changed after that; OpenSSL only reads it.
nonisolated(unsafe) private let method: OpaquePointer? = {
    let method = X509_LOOKUP_meth_new("certificates of a bundle")
    X509_LOOKUP_meth_set_get_by_subject(method, bySubject)
    X509_LOOKUP_meth_set_free(method) { lookup in
        guard let bundle = X509_LOOKUP_get_method_data(lookup) else { return }
        Unmanaged<CertificateBundle>.fromOpaque(bundle).release()
    }
    return method
}()

/// 1 with the first certificate of this subject, 0 where there is none.
private func bySubject(
    lookup: OpaquePointer?, kind: X509_LOOKUP_TYPE, name: OpaquePointer?, found: OpaquePointer?
) -> CInt {
    guard kind == X509_LU_X509, let name, let store = X509_LOOKUP_get_store(lookup),
        let data = X509_LOOKUP_get_method_data(lookup)
    else { return 0 }
    let bundle = Unmanaged<CertificateBundle>.fromOpaque(data).takeUnretainedValue()
    // What OpenSSL has to say of a failure here would pass for one of the connection.
    ERR_set_mark()
    defer { ERR_pop_to_mark() }
    guard bundle.addCandidates(name, to: store), X509_STORE_lock(store) == 1 else { return 0 }
    let object = X509_OBJECT_retrieve_by_subject(X509_STORE_get0_objects(store), X509_LU_X509, name)
    let certificate = X509_OBJECT_get0_X509(object)
    X509_STORE_unlock(store)
    guard let certificate, X509_OBJECT_set1_X509(found, certificate) == 1 else { return 0 }
    // OpenSSL counts the reference once more when this returns; the store has its own.
    X509_free(certificate)
    return 1
}
