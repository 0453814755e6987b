// policy.json: which images may enter the store (containers-policy.json(5); formats.md 2.3).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "image/reference.h"

namespace skiff::image {

// Where an image comes from, as a policy names it.
struct ImageOrigin {
  std::string transport;            // "docker", "docker-archive", "oci", "oci-archive", "dir", "tarball"
  std::vector<std::string> scopes;  // most specific first
  std::string reference;            // "docker.io/library/busybox:1" or "...@sha256:..."; empty: it has no name in a registry
  std::string ToString() const;
};
// An image of a registry: its name, repository, the namespaces above, the host, and "*.example.com".
ImageOrigin RegistryOrigin(const Reference& reference);
// An archive or a directory: its path and the directories above.
ImageOrigin FileOrigin(const std::string& transport, const std::string& path);

class Policy {
 public:
  // ~/.config/containers/policy.json, else the one of the machine. Key files are read at once. kPermission: there is none,
  // so nothing may be used; kInvalid names file and member.
  static common::Result<Policy> Load(const common::SystemPaths& paths);
  // `what` names the text in errors.
  static common::Result<Policy> Parse(std::string_view text, const std::string& what);
  Policy(Policy&&) noexcept;
  Policy& operator=(Policy&&) noexcept;
  ~Policy();

  // Whether signatures decide: only then need they be fetched.
  bool NeedsSignatures(const ImageOrigin& origin) const;
  // Whether any rule at all wants signatures, so that gpgv must be able to run.
  bool HasSignatureRules() const;

  // kPermission says why the image may not be used. `manifest_digests`: of the manifest and of the list it came through; a
  // signature must be for one of them. `signatures`: simple signing, each an OpenPGP message.
  common::Result<> Check(const ImageOrigin& origin, const std::vector<std::string>& manifest_digests,
                         const std::vector<std::string>& signatures) const;

  struct Rules;

 private:
  explicit Policy(std::unique_ptr<Rules> rules);
  std::unique_ptr<Rules> rules_;
};

}  // namespace skiff::image
