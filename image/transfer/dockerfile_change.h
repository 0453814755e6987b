// Dockerfile instructions that change an image's configuration (`import --change`, `commit --change`).
#pragma once

#include <string>
#include <string_view>

#include "common/json.h"
#include "common/result.h"

namespace skiff::image {

// CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME or WORKDIR, as in a Dockerfile or with '=' after the
// instruction ("CMD=[...]", as podman takes it). Changes `config`, the "config" object of an image configuration.
common::Result<> ApplyChange(std::string_view change, common::JsonBuilder& json, common::JsonValue& config);

}  // namespace skiff::image
