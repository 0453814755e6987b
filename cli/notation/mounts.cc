#include "cli/notation/mounts.h"

#include <algorithm>
#include <array>

#include "cli/notation/sizes.h"
#include "cli/notation/text.h"
#include "common/file.h"
#include "common/ids.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

bool Contains(std::initializer_list<std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

Result<> ApplyOption(std::string_view option, std::string_view whole, pod::VolumeMount& mount) {
  using pod::Propagation;
  if (option == "ro" || option == "readonly") {
    mount.read_only = true;
  } else if (Contains({"shared", "rshared"}, option)) {
    mount.propagation = Propagation::kBidirectional;
  } else if (Contains({"slave", "rslave"}, option)) {
    mount.propagation = Propagation::kHostToContainer;
  } else if (option == "nocopy") {
    mount.copy_image_content = false;
  } else if (Contains({"noexec", "nosuid", "nodev", "exec", "suid", "dev"}, option)) {
    mount.options.emplace_back(option);
  } else if (option == "O" || option == "U" || option.starts_with("upperdir=") ||
             option.starts_with("idmap")) {
    return MakeError(ErrorCode::kUnsupported, "volume option \"{}\" in \"{}\" is not supported", option,
                     whole);
  } else if (!Contains({"", "rw", "z", "Z", "private", "rprivate", "bind", "rbind", "copy", "cached",
                        "delegated", "consistent"},
                       option)) {
    // z and Z relabel for SELinux; without SELinux they mean nothing, as in podman.
    return MakeError(ErrorCode::kInvalid, "unknown volume option \"{}\" in \"{}\"", option, whole);
  }
  return {};
}

Result<> CheckTarget(const std::string& target, std::string_view whole) {
  if (target.starts_with('/') && target != "/") return {};
  return MakeError(ErrorCode::kInvalid, "\"{}\": the path in the container must be absolute and not the root",
                   whole);
}

// A path or a name.
Result<> SetSource(std::string_view source, const std::string& current_directory, bool must_exist,
                   ParsedMount& parsed) {
  if (source.empty()) {
    parsed.anonymous = true;
    parsed.volume.named = pod::NamedVolume{common::NewId()};
  } else if (source.starts_with('/') || source.starts_with('.') ||
             source.find('/') != std::string_view::npos) {
    std::string path = common::JoinPath(current_directory, source);
    if (must_exist && !common::PathExists(path))
      return MakeError(ErrorCode::kNotFound,
                       "{}: no such file or directory (the source of a bind mount must exist)", path);
    parsed.volume.host_path = pod::HostPathVolume{std::move(path), ""};
    return {};
  } else {
    const auto valid = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-';
    };
    if (!std::all_of(source.begin(), source.end(), valid))
      return MakeError(ErrorCode::kInvalid,
                       "invalid volume name \"{}\": letters, digits, \"_\", \".\" and \"-\" are allowed",
                       source);
    parsed.volume.named = pod::NamedVolume{std::string(source)};
  }
  parsed.mount.copy_image_content = true;
  return {};
}

}  // namespace

Result<ParsedMount> ParseVolumeFlag(std::string_view text, const std::string& current_directory) {
  const std::vector<std::string> parts = Split(text, ':');
  if (parts.size() > 3) return MakeError(ErrorCode::kInvalid, "\"{}\": write SOURCE:/path[:OPTIONS]", text);
  ParsedMount parsed;
  if (parts.size() > 1 && parts[0].empty())
    return MakeError(ErrorCode::kInvalid, "\"{}\": the source is empty", text);
  parsed.mount.path = parts.size() == 1 ? parts[0] : parts[1];
  TRY(SetSource(parts.size() == 1 ? "" : parts[0], current_directory, true, parsed));
  TRY(CheckTarget(parsed.mount.path, text));
  if (parts.size() == 3)
    for (const std::string& option : Split(parts[2], ',')) TRY(ApplyOption(option, text, parsed.mount));
  return parsed;
}

Result<ParsedMount> ParseMountFlag(std::string_view text, const std::string& current_directory) {
  ParsedMount parsed;
  std::string type = "volume";
  std::string source;
  std::string target;
  for (const std::string& field : Split(text, ',')) {
    const auto [key, value] = SplitPair(field, '=');
    const bool on = value.empty() || value == "true" || value == "1";
    if (key == "type")
      type = value;
    else if (Contains({"source", "src"}, key))
      source = value;
    else if (Contains({"target", "destination", "dst"}, key))
      target = value;
    else if (Contains({"readonly", "ro", "rw"}, key))
      parsed.mount.read_only = key == "rw" ? !on : on;
    else if (Contains({"bind-propagation", "propagation"}, key))
      TRY(ApplyOption(value, text, parsed.mount));
    else if (key == "subpath" || key == "volume-subpath")
      parsed.mount.sub_path = value;
    else if (key == "tmpfs-size")
      parsed.tmpfs.options.push_back("size=" + value);
    else if (key == "tmpfs-mode")
      parsed.tmpfs.options.push_back("mode=" + value);
    else if (type == "tmpfs")
      parsed.tmpfs.options.push_back(field);
    else
      TRY(ApplyOption(field, text, parsed.mount));
  }
  TRY(CheckTarget(target, text));
  parsed.mount.path = target;
  if (type == "tmpfs") {
    parsed.is_tmpfs = true;
    parsed.tmpfs.path = target;
    if (parsed.mount.read_only) parsed.tmpfs.options.emplace_back("ro");
    return parsed;
  }
  if (type != "bind" && type != "volume")
    return MakeError(ErrorCode::kUnsupported, "\"{}\": type {} is not supported; write bind, volume or tmpfs",
                     text, type);
  if (type == "bind" && source.empty())
    return MakeError(ErrorCode::kInvalid, "\"{}\": a bind mount needs source=", text);
  if (type == "bind" && source.find('/') == std::string::npos) source = "./" + source;
  TRY(SetSource(source, current_directory, true, parsed));
  return parsed;
}

Result<pod::TmpfsMount> ParseTmpfsFlag(std::string_view text) {
  const auto [path, options] = SplitPair(text, ':');
  TRY(CheckTarget(path, text));
  pod::TmpfsMount mount{path, {}};
  if (!options.empty()) mount.options = Split(options, ',');
  return mount;
}

}  // namespace skiff::cli
