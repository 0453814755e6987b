// Runs skiff-transfer, the only program that parses archives: loading and importing images.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"

namespace skiff::image {

struct LoadedImage {
  std::string id;
  std::vector<std::string> names;
};

// A docker-archive, an OCI archive (both plain or compressed) or an OCI layout directory; "-" reads standard input.
common::Result<std::vector<LoadedImage>> LoadArchive(const common::SystemPaths& paths, const std::string& source);

struct ImportOptions {
  std::string name;                  // may be empty
  std::string message;
  std::vector<std::string> changes;  // Dockerfile instructions: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME, WORKDIR
};
// A root file system as a tar file, plain or compressed; "-" reads standard input.
common::Result<LoadedImage> ImportTarball(const common::SystemPaths& paths, const std::string& source,
                                          const ImportOptions& options);

}  // namespace skiff::image
