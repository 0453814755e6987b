// Signatures that lie beside a registry, where registries.d says (containers-registries.d(5); the "signature access protocols"
// of containers/image): DIRECTORY/REPOSITORY@sha256=HEX/signature-1, -2, ... until one is missing.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "image/reference.h"
#include "image/transfer/http_client.h"

namespace skiff::image {

class Lookaside {
 public:
  // The *.yaml files of the user's registries.d if there is such a folder, else of the machine's. A broken one, or two that
  // speak of the same scope, is kInvalid.
  static common::Result<Lookaside> Load(const common::SystemPaths& paths);
  // One file more.
  common::Result<> Merge(const std::string& text, const std::string& file);

  // The folder for a repository: that of the longest scope that names one, else default-docker's, else podman's own.
  std::string FolderFor(const Reference& full) const;
  // Directories of this machine that Fetch may read.
  std::vector<std::string> Directories() const;

  // Empty: there are none. kInvalid: more or longer ones than anybody needs; other errors: the folder cannot be read.
  common::Result<std::vector<std::string>> Fetch(const Reference& full, const std::string& digest, HttpClient& client) const;

 private:
  explicit Lookaside(std::string fallback) : fallback_(std::move(fallback)) {}

  std::string fallback_;                        // where podman puts signatures by default
  std::string default_;                         // of default-docker; empty: not said
  std::map<std::string, std::string> folders_;  // by scope
  std::map<std::string, std::string> files_;    // which file speaks of a scope; "" is default-docker
};

}  // namespace skiff::image
