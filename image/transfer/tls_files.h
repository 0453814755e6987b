// certs.d: certificates per registry (containers-certs.d(5); formats.md 2.5).
#pragma once

#include <string>

#include "common/result.h"
#include "common/system_paths.h"
#include "image/transfer/http_client.h"

namespace skiff::image {

// *.crt are CAs, NAME.cert with NAME.key a client's pair. `folder` is --cert-dir; empty: the first of the places of certs.d
// that has a folder for the host. None is fine.
common::Result<TlsSettings> ReadTlsFiles(const common::SystemPaths& paths, const std::string& host, const std::string& folder);

}  // namespace skiff::image
