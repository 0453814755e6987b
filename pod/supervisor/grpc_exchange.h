// grpc.health.v1.Health/Check over plaintext HTTP/2, reduced to what one unary call needs: RFC 9113 frames are read far
// enough to find the answer's message, which alone tells a success, or the call's status in the trailers.
#pragma once

#include <string>

#include "pod/supervisor/hpack.h"
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

  void OnHeaders(uint8_t flags, std::string_view payload);

  Handler handler_;
  HpackDecoder hpack_;
  std::string call_status_;   // grpc-status, a number
  std::string call_message_;  // grpc-message
  std::string received_;
  std::string message_;
};

}  // namespace skiff::supervisor
