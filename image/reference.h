// Image references as users write them and as the store names them (distribution reference grammar; formats.md 2.2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace skiff::image {

// "quay.io/a/b:tag@sha256:..." in parts. `domain` is empty for a short name.
struct Reference {
  std::string domain;  // "docker.io", "localhost:5000"
  std::string path;    // "library/busybox"
  std::string tag;     // without ':'
  std::string digest;  // "sha256:<64 hex>"

  // kInvalid names the part that breaks the grammar.
  static common::Result<Reference> Parse(std::string_view text);

  bool IsShort() const { return domain.empty(); }
  std::string Repository() const;  // domain/path
  // As the store spells it: with docker.io's "library/", tag "latest" where neither tag nor digest is given.
  std::string ToString() const;
};

// The name that tagging, loading and importing give: a short name belongs to "localhost/" (as podman does).
common::Result<std::string> NormalizeNewName(std::string_view text);

bool IsHex(std::string_view text);  // lower case
// "<64 hex>" of "sha256:<64 hex>" or of the bare digits; empty if `text` is neither.
std::string_view FullIdIn(std::string_view text);

}  // namespace skiff::image
