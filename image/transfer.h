// Runs skiff-transfer, the only program that parses archives: loading, importing and saving images.
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

// A docker-archive, an OCI archive (both plain or compressed), an OCI layout or a directory of skopeo's "dir:"; "-" reads
// standard input.
common::Result<std::vector<LoadedImage>> LoadArchive(const common::SystemPaths& paths, const std::string& source);

struct ImportOptions {
  std::string name;                  // may be empty
  std::string message;
  std::vector<std::string> changes;  // Dockerfile instructions: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR
};
// A root file system as a tar file, plain or compressed; "-" reads standard input.
common::Result<LoadedImage> ImportTarball(const common::SystemPaths& paths, const std::string& source,
                                          const ImportOptions& options);

struct CommitOptions {
  std::string parent_id;  // the image that the container was made of; empty: none (squashed)
  std::string base_config;  // without a parent: the whole configuration to begin with; may be empty
  std::string config;     // JSON object whose members replace those of the parent's "config"
  std::string name;       // may be empty
  std::string author;
  std::string message;    // Docker's format only
  std::string from;       // how the parent is called in the history
  std::vector<std::string> changes;  // as in ImportOptions
  bool docker_format = false;
};
// As JSON: how they reach skiff-transfer. On a command line everybody could read them (they hold the environment), and its length
// is limited.
template <typename V>
void VisitFields(V& v, CommitOptions& o) {
  v("parent", o.parent_id);
  v("baseConfig", o.base_config);
  v("config", o.config);
  v("name", o.name);
  v("author", o.author);
  v("message", o.message);
  v("from", o.from);
  v("changes", o.changes);
  v("dockerFormat", o.docker_format);
}
// A new image: the parent's layers and one of what `directory` holds, which is an overlay's upper directory or, without a
// parent, a whole root file system. Nothing may change in it meanwhile (kBusy where it is noticed).
common::Result<LoadedImage> CommitDirectory(const common::SystemPaths& paths, int directory, const CommitOptions& options);
// The whole root file system `directory` as a tar stream.
common::Result<> ExportDirectory(const common::SystemPaths& paths, int directory, const std::string& output);

enum class ArchiveFormat { kDockerArchive, kOciArchive, kOciDirectory, kDockerDirectory };

struct SavedImage {
  std::string id;
  std::vector<std::string> names;  // full, that the archive shall give it
};
struct SaveOptions {
  ArchiveFormat format = ArchiveFormat::kDockerArchive;
  bool compress = false;      // layers of kDockerDirectory
  bool uncompressed = false;  // layers of the OCI formats, which are compressed otherwise
};
// `output`: a file or directory; "-" for standard output. A new file appears only when it is whole. kExists: a file of
// kDockerArchive, or a directory that holds something else.
common::Result<> SaveImages(const common::SystemPaths& paths, const std::vector<SavedImage>& images, const SaveOptions& options,
                            const std::string& output);

}  // namespace skiff::image
