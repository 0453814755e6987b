// grpc.health.v1.Health/Check over plaintext HTTP/2, reduced to what one unary call needs: RFC 9113 frames are read far
// enough to find the answer's message, headers are not decoded (a success is told by the message alone).
#pragma once

#include <string>

#include "pod/supervisor/probe.h"
#include "pod/supervisor/probe_exchange.h"

namespace skiff::supervisor {

class GrpcExchange final : public ProbeExchange {
 public:
  explicit GrpcExchange(Handler handler) : handler_(std::move(handler)) {}

  std::string Request() const override;
  std::optional<ProbeResult> OnData(std::string_view data, std::string& reply) override;
  ProbeResult OnEnd() override;

 private:
  std::optional<ProbeResult> OnFrame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload,
                                     std::string& reply);
  std::optional<ProbeResult> OnMessageBytes(std::string_view data);

  Handler handler_;
  std::string received_;
  std::string message_;
};

}  // namespace skiff::supervisor
