/// What domains and kinds of actors are called.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) arthall: &'static str,
    pub(crate) auth: &'static str,
    pub(crate) payment: &'static str,
    pub(crate) product: &'static str,
    pub(crate) reservation: &'static str,
    pub(crate) reservation_seat: &'static str,
    pub(crate) ticket: &'static str,
    pub(crate) user: &'static str,
    pub(crate) system: &'static str,
    pub(crate) customer: &'static str,
    pub(crate) seller: &'static str,
    pub(crate) admin: &'static str,
    pub(crate) user_unknown: &'static str,
}

pub(super) const EN: Names = Names {
    arthall: "Art hall",
    auth: "Auth",
    payment: "Payment",
    product: "Product",
    reservation: "Reservation",
    reservation_seat: "Reservation seat",
    ticket: "Ticket",
    user: "User",
    system: "System",
    customer: "Customer",
    seller: "Seller",
    admin: "Admin",
    user_unknown: "Unknown user",
};

pub(super) const KO: Names = Names {
    arthall: "공연장",
    auth: "인증",
    payment: "결제",
    product: "상품",
    reservation: "예매",
    reservation_seat: "예매 좌석",
    ticket: "티켓",
    user: "사용자",
    system: "시스템",
    customer: "고객",
    seller: "판매자",
    admin: "관리자",
    user_unknown: "미확인 사용자",
};

impl Names {
    /// What a domain is called; one that has no word here goes by its own name.
    pub(crate) fn domain(&self, name: &'static str) -> &'static str {
        match name {
            "arthall" => self.arthall,
            "auth" => self.auth,
            "payment" => self.payment,
            "product" => self.product,
            "reservation" => self.reservation,
            "reservation-seat" => self.reservation_seat,
            "ticket" => self.ticket,
            "user" => self.user,
            other => other,
        }
    }

    /// What a kind of actor is called, if there is a word for it.
    pub(crate) fn actor(&self, code: &str) -> Option<&'static str> {
        match code {
            "SYSTEM" => Some(self.system),
            "CUSTOMER" => Some(self.customer),
            "SELLER" => Some(self.seller),
            "ADMIN" => Some(self.admin),
            "USER_UNKNOWN" => Some(self.user_unknown),
            _ => None,
        }
    }
}
