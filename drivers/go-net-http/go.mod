module graphcontract.test/drivers/go-net-http

go 1.25
