// -v, --mount and --tmpfs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "pod/spec.h"

namespace skiff::cli {

// A mount with the volume that it needs, or a tmpfs.
struct ParsedMount {
  bool is_tmpfs = false;
  pod::TmpfsMount tmpfs;
  pod::Volume volume;  // its name is set by CollectMounts
  pod::VolumeMount mount;
  bool anonymous = false;  // a named volume whose name is to be invented
};

// "-v SOURCE:/path[:OPTIONS]" or "-v /path" (an anonymous volume). A source with a slash or a leading dot is
// a path, relative ones to `current_directory`.
common::Result<ParsedMount> ParseVolumeFlag(std::string_view text, const std::string& current_directory);
// "type=bind|volume|tmpfs,source=X,target=/path,readonly,..."
common::Result<ParsedMount> ParseMountFlag(std::string_view text, const std::string& current_directory);
// "/path[:OPTIONS]"
common::Result<pod::TmpfsMount> ParseTmpfsFlag(std::string_view text);

}  // namespace skiff::cli
