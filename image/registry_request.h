// What skiff asks skiff-transfer to do with registries, as one JSON text on its standard input: it may hold passwords, which
// no command line shall.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "image/auth.h"

namespace skiff::image {

struct RegistryAccess {
  AuthSources auth;
  std::optional<bool> tls_verify;  // absent: as registries.conf says
  std::string cert_dir;            // in place of certs.d
  int64_t retries = 3;
  int64_t retry_delay_ms = 0;      // 0: 1, 2, 4, ... seconds
};

struct PullItem {
  std::string name;
  std::vector<std::string> pull_secrets;  // before those of the access
};

struct RegistryRequest {
  RegistryAccess access;
  bool progress = false;        // tell of every piece, for bars
  std::vector<PullItem> items;  // images to pull; otherwise the one name that the verb is about
  // pull: empty means this machine's.
  std::string os, architecture, variant;
  bool all_tags = false;
  // push
  std::string image_id;
  std::string format;       // "oci", "v2s2"; empty: as stored
  std::string compression;  // "gzip", "zstd"; empty: gzip
  // search
  int64_t limit = 25;
};

std::string EncodeRegistryRequest(const RegistryRequest& request);
common::Result<RegistryRequest> DecodeRegistryRequest(std::string_view text);

}  // namespace skiff::image
